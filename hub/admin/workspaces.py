"""Workspaces: tenants, each with its own Help Desk from the beginning."""

import re

from connectors import registry
from hub import ids
from hub.admin.input import BadInput, Unknown, add, change, name
from hub.conditions import zones
from hub.house import House
from hub.store import Row, Tx, audit, connections, figures
from hub.store.schema import workspaces

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
NATIVE_NAME = "Help Desk"
KEPT = 365  # days after their end; of transcripts in a new workspace


def add_workspace(tx: Tx, house: House, slug: str, title: str, *, actor: str = audit.HUB) -> str:
    """A workspace with its Help Desk; its id."""
    if not SLUG.fullmatch(slug):
        raise BadInput({"slug": "Small letters, digits and hyphens, at most 63."})
    workspace_id = ids.new("workspace")
    add(tx, workspaces, "slug", id=workspace_id, slug=slug, name=name(title), created_at=tx.now,
        transcript_days=KEPT)  # fmt: skip
    connection_id = ids.new("connection")
    config = house.desks.read_config(registry.NATIVE, {})
    connections.add(
        tx,
        workspace_id,
        registry.NATIVE,
        NATIVE_NAME,
        id=connection_id,
        config=house.desks.seal(workspace_id, connection_id, config),
        concurrency=registry.get(registry.NATIVE).can.concurrency,
    )
    audit.record(tx, workspace_id, "workspace.added", slug, actor=actor, subject_id=workspace_id)
    return workspace_id


def change_workspace(tx: Tx, workspace_id: str, *, time_zone: str, actor: str = audit.HUB) -> Row:
    """Whose clock the workspace's routes mean."""
    known = zones().get(time_zone.strip().casefold())
    if known is None:
        raise BadInput({"time_zone": "Write a time zone such as Europe/Berlin, or UTC."})
    audit.record(tx, workspace_id, "workspace.changed", known, actor=actor, subject_id=workspace_id)
    figures.count_anew(tx, workspace_id)
    return change(tx, workspaces, workspace_id, time_zone=known)


def workspace(tx: Tx, slug: str) -> Row:
    """The workspace called `slug`; `Unknown` for any other."""
    row = tx.first("select * from workspaces where slug = :slug", slug=slug)
    if row is None:
        raise Unknown(f"There is no workspace {slug!r}.")
    return row
