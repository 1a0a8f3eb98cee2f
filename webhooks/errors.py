"""What goes wrong with a delivery.

Refused             .status is the HTTP answer, .reason is fit for the sender's eyes
  Unreadable   400  not the JSON that we take
  BadSignature 401  missing, wrong or stale: we don't know that the sender sent it
  Conflict     409  this id came before with another body
  TooLarge     413  more than `jsonbody.MAX_BODY` bytes
  WrongField   422  readable, signed, and a field is wrong: .errors names each
  TooMany      429  more than this source may send: .retry_after seconds
  Paused       503  the source is switched off for a while: .retry_after seconds
Forbidden           a URL or an address that we never call
"""

from collections.abc import Sequence
from typing import ClassVar, TypedDict


class FieldError(TypedDict):
    """One wrong field, by its path as the sender spelled it, such as `data.conversation.id`."""

    field: str
    message: str


class Refused(Exception):
    """A delivery that we do not take."""

    status: ClassVar[int]

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unreadable(Refused):
    """The body is not JSON of the shape that we take."""

    status = 400


class BadSignature(Refused):
    """The signature is missing, wrong or stale."""

    status = 401


class Conflict(Refused):
    """The same id came before with another body."""

    status = 409


class TooLarge(Refused):
    """The body is longer than we read."""

    status = 413


class WrongField(Refused):
    """One field or several are missing or wrong."""

    status = 422

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error['field']}: {error['message']}" for error in errors))
        self.errors = list(errors)


class TooMany(Refused):
    """The source is over its rate; `retry_after` seconds on, there is room again."""

    status = 429

    def __init__(self, retry_after: float) -> None:
        super().__init__("This source is over its rate.")
        self.retry_after = retry_after


class Paused(Refused):
    """A person has paused the source: what it sends is taken once it is active again."""

    status = 503
    retry_after = 300.0  # seconds

    def __init__(self) -> None:
        super().__init__("This source is paused. Send it again later.")


class Forbidden(Exception):
    """A URL or an address that we never call."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
