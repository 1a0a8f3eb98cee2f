"""The way back to a platform that is answered in its own dialect.

It is a subscriber of the source's conversations alone: delivered, retried, replayed and disabled as
every other one, with the platform's words and token in place of our signature.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TypedDict

from hub import ids
from hub.admin.input import BadInput, change, find
from hub.admin.subscribers import check_url, place
from hub.house import House
from hub.store import Row, Tx, audit
from hub.store.schema import sources, subscribers
from webhooks import dialects

HEADER = re.compile(r"[\x21-\x7e]{1,1024}")


class Callback(TypedDict):
    """Where a platform is answered in its own dialect, and what lets us in there."""

    url: str
    token: str


def answer_source(
    tx: Tx,
    house: House,
    workspace_id: str,
    source_id: str,
    callback: Callback | None,
    *,
    actor: str = audit.HUB,
) -> Row:
    """Answer the platform at another address or by another token, or not at all; the source.

    What waits for it goes to the new address.
    """
    row = find(tx, sources, workspace_id, source_id, "source")
    if callback is None:
        stop_answering(tx, source_id)
    else:
        answer_at(tx, house, workspace_id, source_id, row["dialect"], callback)
    audit.record(
        tx, workspace_id, "source.callback_changed", row["name"], actor=actor, subject_id=source_id
    )
    return row


def callbacks(tx: Tx, workspace_id: str, source_ids: Sequence[str]) -> Mapping[str, Row]:
    """The lines to the platforms that are answered, by their sources."""
    rows = tx.all(
        "select * from subscribers where workspace_id = :workspace and source_id = any(:sources)",
        workspace=workspace_id,
        sources=list(source_ids),
    )
    return {row["source_id"]: row for row in rows}


def answer_at(
    tx: Tx, house: House, workspace_id: str, source_id: str, dialect: str, callback: Callback
) -> None:
    """Have the platform hear of its own conversations, in order and in its own words."""
    if dialect not in dialects.SPEAKING:
        raise BadInput({"callback": f"{dialect} is not answered: add a subscriber instead."})
    try:
        check_url(house, callback["url"])
    except BadInput as refusal:
        raise BadInput({"callback.url": refusal.errors["url"]}) from None
    if not HEADER.fullmatch(callback["token"]):
        raise BadInput({"callback.token": "1 to 1024 printable ASCII characters."})
    known = tx.value("select id from subscribers where source_id = :id", id=source_id)
    subscriber_id = known or ids.new("subscriber")
    values = {
        "url": callback["url"],
        "secret": house.vault.seal(callback["token"], place(workspace_id, subscriber_id)),
    }
    if known is not None:
        change(tx, subscribers, subscriber_id, **values)
        return
    tx.insert("subscribers", id=subscriber_id, workspace_id=workspace_id, source_id=source_id,
              events=list(dialects.SPEAKING[dialect].SPEAKS), ordered=True, created_at=tx.now,
              **values)  # fmt: skip


def stop_answering(tx: Tx, source_id: str) -> None:
    """Forget the line to a platform, with what waits on it."""
    line = "select id from subscribers where source_id = :id"
    tx.run(f"delete from deliveries where subscriber_id in ({line})", id=source_id)
    tx.run(f"delete from replays where subscriber_id in ({line})", id=source_id)
    tx.run("delete from subscribers where source_id = :id", id=source_id)
