"""New Desk's JSON in the hub's words, from an answer or a webhook. Pure."""

from collections.abc import Mapping
from typing import Any

from connectors._template.config import Config
from connectors.types import Change, Ticket


def ticket_of(raw: Mapping[str, Any], config: Config) -> Ticket:
    """A ticket with the address where an agent reads it."""
    # WRITE: a `Ticket` of the vendor's JSON: its status through FROM_VENDOR and over it
    # `config.status_words` (any case; else UNKNOWN), its key, times with their zone.
    raise NotImplementedError


def changes_of(raw: Mapping[str, Any], config: Config) -> list[Change]:
    """What a ticket of ours tells: where it stands, and what agents wrote; of others, nothing."""
    # WRITE: a `Change` for the status, the assignee, each comment of an agent, each note, a
    # deletion or a merge. The same thing has the same `id` however often and by whichever way it
    # is told. An agent's files have the `id` by which fetch_file finds them. Nothing for the
    # transcript, the customer, or a ticket whose key is not the hub's.
    raise NotImplementedError
