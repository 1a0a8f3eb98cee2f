"""Sources: bot platforms that send us events."""

import secrets
from collections.abc import Mapping
from typing import Any, TypedDict

from hub import ids
from hub.admin.input import BadInput, Conflict, add, change, find, name, taken
from hub.house import House
from hub.store import Row, Tx, audit
from hub.store.schema import sources
from hub.vault import Place
from webhooks import dialects, signing

MAX_MESSAGE = 2000  # characters of a handoff message
RATE = 60_000  # requests a minute that a source may send, unless it is told otherwise


class SourceSecret(TypedDict):
    """What the platform needs to know; the secret is shown this once."""

    id: str
    url: str
    secret: str


def add_source(
    house: House,
    workspace_id: str,
    title: str,
    dialect: str,
    secret: str | None = None,
    *,
    handoff_message: Mapping[str, str] | None = None,
    rate: int = RATE,
    actor: str = audit.HUB,
) -> SourceSecret:
    """A platform that may send us events from now on, in its dialect."""
    source_id = ids.new("source")
    secret = _secret(dialect, secret)
    values = {"name": name(title), "handoff_message": _messages(handoff_message or {})}
    with house.store.transaction() as tx:
        sealed = house.vault.seal(secret, _place(workspace_id, source_id))
        add(tx, sources, "name", id=source_id, workspace_id=workspace_id, dialect=dialect,
            secret=sealed, rate=_rate(rate), created_at=tx.now, **values)  # fmt: skip
        audit.record(
            tx, workspace_id, "source.added", title, actor=actor, subject_id=source_id
        )  # fmt: skip
    return {"id": source_id, "url": url(house, source_id), "secret": secret}


def rotate_source(
    house: House,
    workspace_id: str,
    source_id: str,
    secret: str | None = None,
    *,
    keep_previous: bool = True,
    actor: str = audit.HUB,
) -> SourceSecret:
    """A new secret; the one before is good until the next rotation, unless it is not kept."""
    with house.store.transaction() as tx:
        row = find(tx, sources, workspace_id, source_id, "source")
        secret = _secret(row["dialect"], secret)
        sealed = house.vault.seal(secret, _place(workspace_id, source_id))
        previous = row["secret"] if keep_previous else None
        change(tx, sources, source_id, secret=sealed, previous_secret=previous)
        audit.record(
            tx, workspace_id, "source.secret_rotated", row["name"], actor=actor,
            subject_id=source_id,
        )  # fmt: skip
    return {"id": source_id, "url": url(house, source_id), "secret": secret}


def change_source(
    tx: Tx,
    workspace_id: str,
    source_id: str,
    *,
    title: str | None = None,
    handoff_message: Mapping[str, str] | None = None,
    rate: int | None = None,
    actor: str = audit.HUB,
) -> Row:
    """Another name, rate, or words to the customer at an escalation; None leaves as it is."""
    row = find(tx, sources, workspace_id, source_id, "source")
    values: dict[str, Any] = {}
    if title is not None and name(title) != row["name"]:
        values["name"] = name(title)
        _check_free(tx, workspace_id, values["name"])
    if handoff_message is not None:
        values["handoff_message"] = _messages(handoff_message)
    if rate is not None:
        values["rate"] = _rate(rate)
    audit.record(tx, workspace_id, "source.changed", row["name"], actor=actor, subject_id=source_id)
    return change(tx, sources, source_id, **values)


def remove_source(tx: Tx, workspace_id: str, source_id: str, *, actor: str = audit.HUB) -> None:
    """Refuse a platform from now on; one that has conversations stays, for their sake."""
    row = find(tx, sources, workspace_id, source_id, "source")
    if tx.value("select 1 from conversations where source_id = :id limit 1", id=source_id):
        raise Conflict("It has conversations. Rotate its secret and do not keep the previous one.")
    tx.run("delete from events where source_id = :id", id=source_id)
    tx.run("delete from sources where id = :id", id=source_id)
    audit.record(tx, workspace_id, "source.removed", row["name"], actor=actor, subject_id=source_id)


def url(house: House, source_id: str) -> str:
    """Where the platform posts its events."""
    return f"{house.settings.public_url}/webhooks/sources/{source_id}"


def _secret(dialect: str, secret: str | None) -> str:
    """The secret if deliveries can be verified with it, or a fresh one."""
    if dialect not in dialects.DIALECTS:
        known = ", ".join(sorted(dialects.DIALECTS))
        raise BadInput({"dialect": f"{dialect!r} is not known: use {known}."})
    if secret is None:
        return signing.new_secret() if dialect == "standard" else secrets.token_urlsafe(32)
    try:
        dialects.get(dialect).check_secret(secret)
    except ValueError as problem:
        raise BadInput({"secret": f"{str(problem).capitalize()}."}) from None
    return secret


def _messages(told: Mapping[str, str]) -> dict[str, str]:
    """Words to the customer by language, or under `default`."""
    wrong = {
        f"handoff_message.{language}": f"A text of 1 to {MAX_MESSAGE} characters."
        for language, text in told.items()
        if not text.strip() or len(text) > MAX_MESSAGE or "\0" in text
    }
    if wrong:
        raise BadInput(wrong)
    return dict(told)


def _rate(requests: int) -> int:
    """Requests a minute."""
    if not 0 < requests < 2**31:
        raise BadInput({"rate": "A whole number of requests a minute, above 0."})
    return requests


def _check_free(tx: Tx, workspace_id: str, title: str) -> None:
    sql = "select 1 from sources where workspace_id = :workspace and name = :name"
    if tx.value(sql, workspace=workspace_id, name=title):
        raise taken("name", title)


def _place(workspace_id: str, source_id: str) -> Place:
    return Place(workspace_id, "sources", source_id, "secret")
