"""The shape of Chatwoot's JSON: a message in a conversation is a little unlike one by itself."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from webhooks.errors import WrongField
from webhooks.events import MAX_URL, Attachment, Email, Line, Part, Phone, Role, Text

MAX_MESSAGES = 1000
TYPES = {0: "incoming", 1: "outgoing", 2: "activity", 3: "template"}
ROLES: dict[str, Role] = {
    "agent_bot": "ai",
    "agentbot": "ai",
    "user": "agent",
    "contact": "customer",
}
FORMATS = ("%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S.%f UTC")


def _moment(value: object) -> object:
    """Epoch seconds, RFC 3339, or Ruby's `2020-03-03 13:05:57 UTC`; nonsense is no time at all."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC) if 0 < value < 10**11 else None
    for form in FORMATS:
        try:
            return datetime.strptime(str(value), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return _iso(str(value))


def _iso(text: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(text)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _null_is(empty: object) -> BeforeValidator:
    return BeforeValidator(lambda value: empty if value is None else value)


Moment = Annotated[datetime | None, BeforeValidator(_moment)]
Word = Annotated[str, StringConstraints(max_length=255)]
Open = Annotated[dict[str, Any], _null_is({})]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]


class Wire(Part):
    """Numbers pass for text: Chatwoot counts its rows."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class Envelope(BaseModel):
    """What every event has."""

    event: Word


class WirePerson(Wire):
    """A contact, a user or an agent bot."""

    id: Line = None
    name: Line = None
    email: Email = None
    phone_number: Phone = None
    type: Line = None


class WireFile(Wire):
    """An attachment, which Chatwoot keeps."""

    data_url: Annotated[str, StringConstraints(max_length=MAX_URL)] | None = None
    file_type: Line = None
    file_size: int | None = Field(None, ge=0)

    def attachment(self) -> Attachment | None:
        """As we keep it; None for what is no file, such as a place."""
        if not (self.data_url or "").startswith(("http://", "https://")):
            return None
        name = str(self.data_url).partition("?")[0].rsplit("/", 1)[-1][:255]
        return Attachment(name=name or None, url=str(self.data_url), size=self.file_size)


class WireAccount(Wire):
    """Whose Chatwoot it is."""

    id: Number


def _type(value: object) -> object:
    return TYPES.get(value, value) if isinstance(value, int) else value


class WireMessage(Wire):
    """A message, by itself or in a conversation."""

    id: Number
    content: Text = ""
    created_at: Moment = None
    message_type: Annotated[Word, BeforeValidator(_type)]
    private: Annotated[bool, _null_is(False)] = False
    content_attributes: Open = {}
    sender: WirePerson | None = None
    sender_type: Line = None
    account: WireAccount | None = None
    account_id: Number | None = None
    attachments: Annotated[tuple[WireFile, ...], Field(max_length=100), _null_is(())] = ()

    @property
    def files(self) -> tuple[Attachment, ...]:
        """Its files."""
        return tuple(file for one in self.attachments if (file := one.attachment()) is not None)

    @property
    def shown(self) -> bool:
        """True for what the customer sees, and that says something."""
        public = self.message_type in ("incoming", "outgoing", "template") and not self.private
        return public and bool(self.content.strip() or self.files)

    @property
    def role(self) -> Role:
        """Who says it."""
        if self.message_type == "incoming":
            return "customer"
        who = self.sender_type or (self.sender.type if self.sender else None) or ""
        return "system" if self.message_type == "template" else ROLES.get(who.casefold(), "ai")


class WireMeta(Wire):
    """Whom it is with."""

    sender: Annotated[WirePerson, _null_is({})] = WirePerson()


def _no_nulls(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value is not None}


class WireConversation(Wire):
    """A conversation, with its last message."""

    id: Number
    status: Line = None
    channel: Line = None
    priority: Line = None
    account: WireAccount | None = None
    meta: Annotated[WireMeta, _null_is({})] = WireMeta()
    messages: Annotated[tuple[WireMessage, ...], Field(max_length=MAX_MESSAGES), _null_is(())] = ()
    custom_attributes: Annotated[Open, AfterValidator(_no_nulls)] = {}
    additional_attributes: Open = {}

    @property
    def language(self) -> str | None:
        """Of the conversation, else of the browser."""
        browser = self.additional_attributes.get("browser")
        own = self.additional_attributes.get("conversation_language")
        found = own or (browser.get("browser_language") if isinstance(browser, dict) else None)
        return found[:35] if isinstance(found, str) and found.strip() else None

    def account_of(self, message: WireMessage | None = None) -> str:
        """The account's number: Chatwoots differ in where they say it."""
        messages = (*([message] if message else []), *self.messages)
        for account in (self.account, *(one.account for one in messages)):
            if account is not None:
                return account.id
        for one in messages:
            if one.account_id is not None:
                return one.account_id
        raise WrongField([{"field": "account.id", "message": "is missing"}])
