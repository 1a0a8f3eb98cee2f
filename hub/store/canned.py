"""Texts that teammates write again and again, with placeholders for what differs."""

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError

from hub import ids
from hub.store import Row, Tx

MOST = 500  # texts a workspace


class Taken(ValueError):
    """Another text has this name."""


def all_of(tx: Tx, workspace_id: str) -> Sequence[Row]:
    """The workspace's texts by name."""
    return tx.all(
        "select * from canned_texts where workspace_id = :workspace order by name limit :most",
        workspace=workspace_id,
        most=MOST,
    )


def get(tx: Tx, workspace_id: str, canned_id: str) -> Row | None:
    """One text."""
    return tx.first(
        "select * from canned_texts where workspace_id = :workspace and id = :id",
        workspace=workspace_id,
        id=canned_id,
    )


def save(tx: Tx, workspace_id: str, canned_id: str | None, name: str, text: str) -> None:
    """A new text, or what `canned_id` says from now on; `Taken` ends the transaction."""
    try:
        tx.run(
            "insert into canned_texts (id, workspace_id, name, text, created_at, updated_at)"
            " values (:id, :workspace, :name, :text, :now, :now) on conflict (id) do update"
            " set name = excluded.name, text = excluded.text, updated_at = excluded.updated_at"
            " where canned_texts.workspace_id = excluded.workspace_id",
            id=canned_id or ids.new("canned"),
            workspace=workspace_id,
            name=name,
            text=text,
            now=tx.now,
        )
    except IntegrityError as problem:
        raise Taken(name) from problem


def remove(tx: Tx, workspace_id: str, canned_id: str) -> None:
    """Forget a text."""
    tx.run(
        "delete from canned_texts where workspace_id = :workspace and id = :id",
        workspace=workspace_id,
        id=canned_id,
    )
