"""Data about the native desk: its form and what it can do."""

from typing import Literal

from pydantic import Field

from connectors.base import Capabilities, Config

CAN = Capabilities(
    find_by_key=True,
    notes=True,
    attachments=25 * 1024 * 1024,
    webhooks="none",  # the hub hears of its own desk in the same transaction
    polling=True,
    reopen=True,
    concurrency=16,
)


class LiveChatConfig(Config, frozen=True):
    """The native desk needs no credentials, only a rule for who gets a ticket."""

    assignment: Literal["round_robin", "least_busy", "manual"] = Field(
        "round_robin",
        title="Assignment",
        description="Who gets a ticket that nobody took by hand: the available in turn, the"
        " available with the fewest open tickets, or nobody until someone picks it.",
    )
