"""Sample conversations for the demo, each in another language."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """A conversation that an AI could not resolve, and what the desk's agent answers."""

    language: str
    name: str
    email: str
    turns: tuple[tuple[str, str], ...]  # (user or assistant, text)
    reply: str

    @property
    def opening(self) -> str:
        """The customer's first words."""
        return self.turns[0][1]

    def event(self, conversation: str, now: float, target: str) -> dict[str, Any]:
        """The bookbag event that escalates it to a connection; `now` in epoch seconds."""
        return {
            "event": "conversation.escalated",
            "ts": int(now * 1000),
            "data": {
                "conversationId": conversation,
                "channel": "web",
                "target": target,
                "reason": {"code": "customer_request", "text": "The customer asks for a person."},
                "customer": {"name": self.name, "email": self.email},
                "transcript": [{"role": role, "content": text} for role, text in self.turns],
            },
        }


SAMPLES = (
    Sample(
        "de",
        "Jana Vogt",
        "jana.vogt@example.com",
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
        "priya.nair@example.com",
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
        "lucia.romero@example.com",
        (
            ("user", "No puedo entrar en mi cuenta desde que cambié de móvil."),
            ("assistant", "Puedo enviarle un código por SMS al número que termina en 41."),
            ("user", "Ese número ya no es mío. ¿Cómo lo cambio?"),
            ("assistant", "Para cambiar el número hace falta comprobar su identidad."),
            ("user", "Pues pásame con una persona, por favor."),
        ),
        "Hola Lucía, ya hemos cambiado el número. Pruebe a entrar de nuevo.",
    ),
    Sample(
        "fr",
        "Camille Laurent",
        "camille.laurent@example.com",
        (
            ("user", "Bonjour, la machine à café reçue hier fuit dès que je remplis le réservoir."),
            ("assistant", "Je suis désolée. Avez-vous vérifié que le joint du réservoir est bien"
             " en place ?"),
            ("user", "Oui, deux fois. Il est fendu, j'ai une photo si vous voulez."),
            ("assistant", "Merci. Un échange sous garantie doit être validé par un conseiller."),
            ("user", "Alors passez-moi un conseiller, s'il vous plaît."),
        ),
        "Bonjour Camille, une machine neuve part ce soir ; l'étiquette retour est dans le colis.",
    ),
    Sample(
        "pt",
        "Rafael Moreira",
        "rafael.moreira@example.com",
        (
            ("user", "Oi, meu voo para Recife amanhã foi cancelado e ninguém me avisou."),
            ("assistant", "Sinto muito, Rafael. O próximo voo com lugares sai na sexta-feira às"
             " 7h40."),
            ("user", "Não dá, tenho que chegar até quinta para o aniversário da minha mãe."),
            ("assistant", "Não consigo reservar voos de outras companhias."),
            ("user", "Então quero falar com um atendente."),
        ),
        "Oi, Rafael! Coloquei você no voo das 6h15 de quinta, sem custo. Boa festa!",
    ),
    Sample(
        "ja",
        "佐藤 美咲",
        "misaki.sato@example.com",
        (
            ("user", "先週注文したワンピースのサイズをMからLに変更したいのですが。"),
            ("assistant", "ご注文はすでに出荷準備に入っているため、こちらでは変更できません。"),
            ("user", "届いてから交換すると、土曜日の発表会に間に合わないんです。"),
            ("assistant", "ご不便をおかけして申し訳ございません。出荷を止める権限がございません。"),
            ("user", "担当の方につないでいただけますか。"),
        ),
        "佐藤様、出荷前にLサイズへ変更いたしました。金曜日の午前中にお届けします。",
    ),
    Sample(
        "ar",
        "ليلى حداد",
        "layla.haddad@example.com",
        (
            ("user", "مرحبًا، دفعت فاتورة الإنترنت قبل ثلاثة أيام وما زالت الخدمة مقطوعة."),
            ("assistant", "أهلًا ليلى، لا يظهر المبلغ في حسابك حتى الآن."),
            ("user", "لديّ إيصال من البنك بتاريخ 19 نوفمبر، والمبلغ خُصم من حسابي."),
            ("assistant", "شكرًا لك. مطابقة الإيصالات يقوم بها قسم الحسابات فقط."),
            ("user", "أريد التحدث إلى موظف من فضلك، فأنا أعمل من المنزل."),
        ),
        "أهلًا ليلى، وجدنا الدفعة وأعدنا تشغيل الخدمة، وستُحسم الأيام الثلاثة من الفاتورة القادمة.",
    ),
    Sample(
        "it",
        "Marco Ferri",
        "marco.ferri@example.com",
        (
            ("user", "Buongiorno, l'albergo prenotato per domani dice che non risulta nulla."),
            ("assistant", "Vedo la prenotazione 7731, confermata e pagata il 2 novembre."),
            ("user", "Lo so, ma alla reception non la trovano e siamo già in viaggio coi bimbi."),
            ("assistant", "Mi dispiace, non posso telefonare alla struttura."),
            ("user", "Mi serve una persona che lo faccia adesso."),
        ),
        "Buongiorno Marco, ho parlato con l'albergo: la camera familiare è pronta, vi aspettano.",
    ),
)  # fmt: skip
