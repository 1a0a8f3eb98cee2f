"""Sample conversations for the demo, in several languages."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """A conversation that an AI could not resolve, and what the desk's agent answers."""

    language: str
    name: str
    turns: tuple[tuple[str, str], ...]  # (user or assistant, text)
    reply: str

    @property
    def opening(self) -> str:
        """The customer's first words."""
        return self.turns[0][1]

    def event(self, conversation: str, now: float, target: str) -> dict[str, Any]:
        """The bookbag event that escalates it to a connection; `now` in epoch seconds."""
        first = self.name.split()[0].lower()
        return {
            "event": "conversation.escalated",
            "ts": int(now * 1000),
            "data": {
                "conversationId": conversation,
                "channel": "web",
                "target": target,
                "reason": {"code": "customer_request", "text": "The customer asks for a person."},
                "customer": {"name": self.name, "email": f"{first}@example.com"},
                "transcript": [{"role": role, "content": text} for role, text in self.turns],
            },
        }


SAMPLES = (
    Sample(
        "de",
        "Jana Vogt",
        (
            ("user", "Hallo, meine Bestellung 48213 sollte am Montag da sein und ist es nicht."),
            ("assistant", "Das tut mir leid! Laut Sendungsverfolgung liegt das Paket seit Freitag"
             " im Verteilzentrum Leipzig. Ich kann leider keinen neuen Termin nennen."),
            ("user", "Das hilft mir nicht, ich brauche die Schuhe am Samstag für eine Hochzeit."),
            ("assistant", "Ich verstehe. Eine Expresslieferung darf ich nicht selbst auslösen."),
            ("user", "Dann möchte ich bitte mit einem Menschen sprechen."),
        ),
        "Guten Tag Frau Vogt, ich habe Ihnen ein zweites Paar per Express geschickt.",
    ),
    Sample(
        "en",
        "Priya Nair",
        (
            ("user", "I was charged twice for my October subscription, $29 each on the 3rd."),
            ("assistant", "I can see two charges of $29.00 on October 3. The second is marked as"
             " pending, so it may still disappear."),
            ("user", "It is not pending, my bank shows both as booked. Please refund one."),
            ("assistant", "I am not able to issue refunds myself."),
            ("user", "Then get me someone who can."),
        ),
        "Hi Priya, the second charge is refunded; your bank will show it in two days.",
    ),
    Sample(
        "es",
        "Lucía Romero",
        (
            ("user", "No puedo entrar en mi cuenta desde que cambié de móvil."),
            ("assistant", "Puedo enviarle un código por SMS al número que termina en 41."),
            ("user", "Ese número ya no es mío. ¿Cómo lo cambio?"),
            ("assistant", "Para cambiar el número hace falta comprobar su identidad."),
            ("user", "Pues pásame con una persona, por favor."),
        ),
        "Hola Lucía, ya hemos cambiado el número. Pruebe a entrar de nuevo.",
    ),
)  # fmt: skip
