"""Times as HubSpot writes and reads them: ISO with milliseconds, or milliseconds since 1970."""

from datetime import UTC, datetime


def iso(at: datetime) -> str:
    """How a property shows a time."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def time_of(value: str) -> datetime:
    """A time from either spelling; `ValueError` or `OverflowError` for anything else."""
    if value.isdecimal():
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    time = datetime.fromisoformat(value)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def time_or_none(value: str) -> datetime | None:
    """A time from either spelling, or None."""
    try:
        return time_of(value)
    except (ValueError, OverflowError):
        return None
