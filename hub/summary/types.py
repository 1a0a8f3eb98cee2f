"""What a summary is made from and what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

Role = Literal["customer", "ai", "agent", "system"]
Kind = Literal[
    "reference",  # an order's, invoice's, parcel's, ... number
    "amount",
    "date",
    "email",
    "phone",
    "product",
    "offer",  # what the assistant or an agent held out already
    "question",  # the customer's last one that nobody answered
    "tone",
]


@dataclass(frozen=True)
class Turn:
    """One message of a conversation, as it was written."""

    id: str
    role: Role
    text: str


@dataclass(frozen=True)
class Sentence:
    """One sentence of a summary, the messages it rests on and the words it took from them."""

    text: str
    message_ids: tuple[str, ...]
    quotes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The sentence as JSON types."""
        return {
            "text": self.text,
            "message_ids": list(self.message_ids),
            "quotes": list(self.quotes),
        }


@dataclass(frozen=True)
class Fact:
    """One thing that was said: its message and the exact words of it that say so.

    `value` is the same everywhere: an amount "1234.56 EUR", a date "2026-05-03" if the words tell
    the year, a phone number in E.164, a tone "calm", "annoyed" or "urgent"; else the words.
    """

    kind: Kind
    value: str
    quote: str
    message_id: str

    def as_dict(self) -> dict[str, str]:
        """The fact as JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class Summary:
    """A subject line of at most 80 characters, a few sentences in `language`, and facts."""

    subject: str
    sentences: tuple[Sentence, ...]
    language: str
    method: str
    facts: tuple[Fact, ...] = ()

    @property
    def text(self) -> str:
        """The sentences as one paragraph."""
        return " ".join(sentence.text for sentence in self.sentences)

    def first(self, kind: Kind) -> str | None:
        """The value of the first fact of a kind."""
        return next((fact.value for fact in self.facts if fact.kind == kind), None)

    def as_dict(self) -> dict[str, Any]:
        """The summary as JSON types; `from_dict` reads it back."""
        return {
            "subject": self.subject,
            "sentences": [sentence.as_dict() for sentence in self.sentences],
            "language": self.language,
            "method": self.method,
            "facts": [fact.as_dict() for fact in self.facts],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Summary:
        """The summary that `as_dict` wrote; what it lacks of quotes and facts is none."""
        sentences = tuple(
            Sentence(one["text"], tuple(one["message_ids"]), tuple(one.get("quotes", ())))
            for one in plain["sentences"]
        )
        facts = tuple(Fact(**one) for one in plain.get("facts", ()))
        return cls(plain["subject"], sentences, plain["language"], plain["method"], facts)


class Summariser(Protocol):
    """Writes a summary of `turns`; `language` is a code, or None to find it out."""

    def summarise(self, turns: Sequence[Turn], language: str | None = None) -> Summary: ...


class Unusable(Exception):
    """A language model's summary that we do not use: a code to count by, and why in a sentence.

    The sentence is the hub's own; it has no word of the transcript or of the answer.
    """

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code
