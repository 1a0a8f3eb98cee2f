"""What can go wrong at a desk, sorted by what the caller does next.

    ConnectorError
      Retryable            try again later (`.retry_after` seconds or None)
        RateLimited        the desk said when
        Unavailable        5xx, timeout, no connection: a write may have landed (`.sent`)
          TooLarge         the answer is more than we read: ask for less
      Permanent            trying again cannot help
        AuthFailed         pause the connection and tell its owner
        Refused            this one thing is not to be had
          InvalidRequest   park the job; `.fields` stand beside the mapping
          NotFound         deleted or merged
          Conflict         the ticket's state forbids it
          Unsupported      this desk cannot; see its Capabilities
    BadDelivery            an inbound webhook that we refuse

Messages carry the vendor's words and never a secret of ours.
"""

import re
from collections.abc import Mapping, Sequence

from connectors.text import clean


class ConnectorError(Exception):
    """A call to a desk failed; its words can be stored, whatever the desk said."""

    def __init__(self, message: str = "") -> None:
        super().__init__(clean(message))


class Retryable(ConnectorError):
    """The same call may succeed later."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RateLimited(Retryable):
    """The desk refused the call for its rate and said when to come back."""


class Unavailable(Retryable):
    """The desk gave no usable answer; `sent` tells whether the request may have reached it."""

    def __init__(self, message: str, *, sent: bool, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after=retry_after)
        self.sent = sent


class TooLarge(Unavailable):
    """The desk's answer is larger than we read; the same question brings the same again."""


class Permanent(ConnectorError):
    """Repeating the same call cannot help."""


class AuthFailed(Permanent):
    """The desk does not accept our credentials, or they lack a right; `scopes` names which."""

    def __init__(self, message: str, *, scopes: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.scopes = tuple(scopes)


class Refused(Permanent):
    """This desk does not do what we ask for; other things it does."""


class InvalidRequest(Refused):
    """The desk refused what we sent; `fields` maps its field names to its complaints."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = {clean(name): clean(text) for name, text in (fields or {}).items()}


class NotFound(Refused):
    """The ticket is not there: deleted, merged or never ours."""


class Conflict(Refused):
    """The ticket's state forbids the change (closed, or changed meanwhile)."""


class Unsupported(Refused):
    """This desk has no such call."""


class BadDelivery(Exception):
    """An inbound webhook that we refuse: unsigned, forged, stale or unreadable."""


def in_short(problem: Exception) -> str:
    """Its kind and the desk's status, for a log: the desk's words may repeat a customer's."""
    status = re.search(r" -> (\d{3})\b", str(problem))
    return type(problem).__name__ + (f" ({status[1]})" if status else "")
