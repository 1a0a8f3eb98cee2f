"""Customers' data: shown, exported, erased, and how long it is kept."""

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from hub.commands import ACTOR, opened, show

if TYPE_CHECKING:
    from hub.store import Row
    from hub.store.customers import Customer


def show_customer(given: Namespace) -> None:
    """Print what there is of a customer."""
    from hub import admin
    from hub.api import privacy_shapes as privacy

    with opened(given) as (house, workspace_id), house.store.transaction() as tx:
        there = privacy.shown(admin.held(tx, workspace_id, _customer(given)))
    show(there.model_dump(mode="json"))


def export_customer(given: Namespace) -> None:
    """Print all that there is of a customer, as it is read."""
    from hub import admin, exporting

    with opened(given) as (house, workspace_id):
        with house.store.transaction() as tx:
            found = admin.export_customer(tx, workspace_id, _customer(given), actor=ACTOR)
        for piece in exporting.document(house.store, workspace_id, found):
            sys.stdout.write(piece)


def erase_customer(given: Namespace) -> None:
    """Have a customer erased by the workers; print the erasure."""
    from hub import admin

    with opened(given) as (house, workspace_id), house.store.transaction() as tx:
        wanted = _customer(given)
        if not given.yes:
            there = admin.held(tx, workspace_id, wanted).counts
            raise admin.Conflict(
                f"Conversations: {there['conversations']}, messages: {there['messages']}."
                " Say --yes to erase them for good."
            )
        made = admin.erase_customer(tx, workspace_id, wanted, actor=ACTOR)
        show(_erasure(admin.one_erasure(tx, workspace_id, made)))


def report_erasure(given: Namespace) -> None:
    """Print how far an erasure is, and what remains elsewhere."""
    from hub import admin

    with opened(given) as (house, workspace_id), house.store.transaction() as tx:
        show(_erasure(admin.one_erasure(tx, workspace_id, given.erasure)))


def retain(given: Namespace) -> None:
    """Print how long data is kept, after setting what is given."""
    from hub import admin
    from hub.admin.privacy import COUNTED

    asked = {"transcript_days": given.transcripts, "payload_days": given.payloads}
    days = {name: _days(text) for name, text in asked.items() if text is not None}
    with opened(given) as (house, workspace_id), house.store.transaction() as tx:
        kept = dict(admin.retention(tx, workspace_id))
        goes = admin.would_forget(tx, workspace_id, days.get("transcript_days"))
        if goes and not given.yes:
            raise admin.Conflict(
                f"Conversations that ended longer ago: {goes}{'+' * (goes == COUNTED)}."
                " Say --yes to have them deleted soon, for good."
            )
        if days:
            admin.set_retention(tx, workspace_id, **(kept | days), actor=ACTOR)
    show(kept | days)


def _customer(given: Namespace) -> "Customer":
    from hub import admin

    return admin.customer(id=given.id, email=given.email, phone=given.phone)


def _erasure(row: "Row") -> dict[str, Any]:
    from hub.api import privacy_shapes as privacy

    return privacy.report(row).model_dump(mode="json")


def _days(text: str) -> int | None:
    """A number of days, none for `all`; 0, which is refused, for anything else."""
    if text == "all":
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
