"""What a source of the dialect `json` is set up with; an error names the option that is wrong."""

import re
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from webhooks.events import EventType, Role

FIELDS = (
    "conversation.id", "conversation.url", "conversation.channel", "conversation.language",
    "requester.id", "requester.name", "requester.email", "requester.phone",
    "reason.code", "reason.text", "reason.rule", "target", "team", "priority",
)  # fmt: skip
OWN = re.compile(r"fields\.[A-Za-z0-9_-]{1,64}")
MAX_OPTIONS = 100  # fields, words or roles


def _path(path: str) -> str:
    if path and not all(path.split(".")):
        raise ValueError("must be names with dots between, such as chat.id")
    return path


def _targets(fields: dict[str, str]) -> dict[str, str]:
    strange = [name for name in fields if name not in FIELDS and not OWN.fullmatch(name)]
    if strange:
        raise ValueError(f"{strange[0]} is not one of {', '.join(FIELDS)} or fields.NAME")
    if "conversation.id" not in fields:
        raise ValueError("conversation.id is missing")
    return fields


Path = Annotated[str, StringConstraints(max_length=255), AfterValidator(_path)]
Header = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,100}$")]
Word = Annotated[str, StringConstraints(max_length=100)]


class Part(BaseModel):
    """An option that we do not know is an error, not a silent wish."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Signature(Part):
    """How the platform shows that it is the platform."""

    kind: Literal["hmac-sha256", "secret"] = "hmac-sha256"
    header: Header
    prefix: Annotated[str, StringConstraints(max_length=50)] = ""
    encoding: Literal["hex", "base64"] = "hex"
    timestamp_header: Header | None = None  # its seconds or milliseconds are signed, too
    separator: Annotated[str, StringConstraints(max_length=5)] = "."


class Type(Part):
    """Which event it is: always the same, or by a word in the body."""

    value: EventType | None = None
    path: Path | None = None
    words: Annotated[dict[Word, EventType], Field(max_length=MAX_OPTIONS)] = {}

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.value is None) == (self.path is None):
            raise ValueError("give either a value, or a path with its words")
        if self.path is not None and not self.words:
            raise ValueError("a path needs words: what stands there, and the type that it means")
        return self


class Transcript(Part):
    """Where the turns are, one or a list of them, and where in a turn its parts are."""

    path: Path
    text: Path
    role: Path
    roles: Annotated[dict[Word, Role], Field(max_length=MAX_OPTIONS)] = {}
    id: Path | None = None
    at: Path | None = None
    name: Path | None = None
    complete: bool = False  # it is the whole conversation


class Options(Part):
    """All of it."""

    signature: Signature
    type: Type
    id: Path | None = None  # what repeats when the platform repeats an event
    occurred_at: Path | None = None
    fields: Annotated[dict[str, Path], Field(max_length=MAX_OPTIONS), AfterValidator(_targets)]
    transcript: Transcript | None = None
