"""Sources: bot platforms that send us events."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypedDict

from hub import ids
from hub.admin.callbacks import Callback, answer_at, stop_answering
from hub.admin.input import BadInput, Conflict, add, change, find, name, taken
from hub.house import House
from hub.store import Row, Tx, audit
from hub.store.schema import sources
from hub.vault import Place
from webhooks import dialects, signing
from webhooks.errors import Refused, WrongField
from webhooks.events import shown

MAX_MESSAGE = 2000  # characters of a handoff message
PLAYGROUND = "Playground"
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
    options: Mapping[str, Any] | None = None,
    callback: Callback | None = None,
    actor: str = audit.HUB,
) -> SourceSecret:
    """A platform that may send us events from now on, in its dialect; answered at `callback`."""
    source_id = ids.new("source")
    secret = _secret(dialect, secret)
    kept = _options(dialect, options or {})
    values = {"name": name(title), "handoff_message": _messages(handoff_message or {})}
    with house.store.transaction() as tx:
        sealed = house.vault.seal(secret, _place(workspace_id, source_id))
        add(tx, sources, "name", id=source_id, workspace_id=workspace_id, dialect=dialect,
            secret=sealed, rate=_rate(rate), options=kept, created_at=tx.now,
            **values)  # fmt: skip
        if callback is not None:
            answer_at(tx, house, workspace_id, source_id, dialect, callback)
        audit.record(
            tx, workspace_id, "source.added", title, actor=actor, subject_id=source_id
        )  # fmt: skip
    return {"id": source_id, "url": url(house, source_id), "secret": secret}


def add_playground(
    house: House, workspace_id: str, handoff_message: Mapping[str, str], *, actor: str = audit.HUB
) -> None:
    """The workspace's own platform for test conversations; only one, however often it is asked."""
    source_id = ids.new("source")
    sealed = house.vault.seal(_secret("standard", None), _place(workspace_id, source_id))
    with house.store.transaction() as tx:
        sql = "select 1 from sources where workspace_id = :id and name = :name"
        taken = tx.value(sql, id=workspace_id, name=PLAYGROUND)
        title = f"{PLAYGROUND} {source_id[-4:]}" if taken else PLAYGROUND
        made = tx.run(
            "insert into sources (id, workspace_id, name, dialect, secret, handoff_message,"
            " created_at, playground) values (:id, :workspace, :name, 'standard', :secret,"
            " :handoff, :now, true) on conflict do nothing",
            id=source_id, workspace=workspace_id, name=title, secret=sealed,
            handoff=dict(handoff_message), now=tx.now,
        )  # fmt: skip
        if made:
            audit.record(
                tx, workspace_id, "source.added", title, actor=actor, subject_id=source_id
            )  # fmt: skip


def rotate_source(
    house: House,
    workspace_id: str,
    source_id: str,
    secret: str | None = None,
    *,
    keep_previous: bool = True,
    overlap: timedelta | None = None,
    actor: str = audit.HUB,
) -> SourceSecret:
    """A new secret; the one before is good for `overlap`, or until the next rotation if None."""
    with house.store.transaction() as tx:
        row = find(tx, sources, workspace_id, source_id, "source")
        secret = _secret(row["dialect"], secret)
        sealed = house.vault.seal(secret, _place(workspace_id, source_id))
        previous = row["secret"] if keep_previous else None
        until = tx.now + overlap if overlap is not None and keep_previous else None
        change(tx, sources, source_id, secret=sealed, previous_secret=previous,
               previous_until=until)  # fmt: skip
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
    options: Mapping[str, Any] | None = None,
    paused: bool | None = None,
    actor: str = audit.HUB,
) -> Row:
    """Another name, rate, state, options or words at an escalation; None leaves as it is."""
    row = find(tx, sources, workspace_id, source_id, "source")
    values: dict[str, Any] = {}
    if title is not None and name(title) != row["name"]:
        values["name"] = name(title)
        _check_free(tx, workspace_id, values["name"])
    if handoff_message is not None:
        values["handoff_message"] = _messages(handoff_message)
    if rate is not None:
        values["rate"] = _rate(rate)
    if options is not None:
        values["options"] = _options(row["dialect"], options)
    if paused is not None:
        values["state"] = "paused" if paused else "active"
    audit.record(tx, workspace_id, "source.changed", _told(row, values), actor=actor,
                 subject_id=source_id)  # fmt: skip
    return change(tx, sources, source_id, **values)


def end_previous(tx: Tx, workspace_id: str, source_id: str, *, actor: str = audit.HUB) -> Row:
    """The secret before the last rotation counts no more."""
    row = find(tx, sources, workspace_id, source_id, "source")
    audit.record(
        tx, workspace_id, "source.previous_secret_ended", row["name"], actor=actor,
        subject_id=source_id,
    )  # fmt: skip
    return change(tx, sources, source_id, previous_secret=None, previous_until=None)


def remove_source(tx: Tx, workspace_id: str, source_id: str, *, actor: str = audit.HUB) -> None:
    """Refuse a platform from now on; one that has conversations stays, for their sake."""
    row = find(tx, sources, workspace_id, source_id, "source")
    if tx.value("select 1 from conversations where source_id = :id limit 1", id=source_id):
        raise Conflict("It has conversations. Rotate its secret and do not keep the previous one.")
    tx.run("delete from events where source_id = :id", id=source_id)
    stop_answering(tx, source_id)
    tx.run("delete from sources where id = :id", id=source_id)
    audit.record(tx, workspace_id, "source.removed", row["name"], actor=actor, subject_id=source_id)


def preview_source(
    dialect: str, options: Mapping[str, Any], body: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The events that a body would become, unsigned; `BadInput` names each wrong field.

    What is wrong in the options is named below `options`, what is wrong in the body below `body`.
    """
    if dialect not in dialects.DIALECTS:
        raise _no_dialect(dialect)
    delivery = dialects.Delivery(
        headers={"webhook-id": "preview"},
        body=json.dumps(body).encode(),
        options=_options(dialect, options),
    )
    try:
        return [shown(event) for event in dialects.get(dialect).parse(delivery)]
    except WrongField as refusal:
        raise _bad("body", refusal) from None
    except Refused as refusal:
        raise BadInput({"body": f"{refusal.reason}."}) from None


def url(house: House, source_id: str) -> str:
    """Where the platform posts its events."""
    return f"{house.settings.public_url}/webhooks/sources/{source_id}"


def still_counts(now: datetime, row: Row) -> bool:
    """True while the secret before the last rotation is good."""
    until = row["previous_until"]
    return row["previous_secret"] is not None and (until is None or until > now)


def _told(row: Row, values: Mapping[str, Any]) -> str:
    """The source and what became of it."""
    return f"{row['name']}: {', '.join(sorted(values)).replace('state', values.get('state', ''))}"


def _secret(dialect: str, secret: str | None) -> str:
    """The secret if deliveries can be verified with it, or a fresh one."""
    if dialect not in dialects.DIALECTS:
        raise _no_dialect(dialect)
    if secret is None:
        return signing.new_secret() if dialect == "standard" else secrets.token_urlsafe(32)
    try:
        dialects.get(dialect).check_secret(secret)
    except ValueError as problem:
        raise BadInput({"secret": f"{str(problem).capitalize()}."}) from None
    return secret


def _no_dialect(name: str) -> BadInput:
    known = ", ".join(sorted(dialects.DIALECTS))
    return BadInput({"dialect": f"{name!r} is not known: use {known}."})


def _options(dialect: str, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dialects.check_options(dialect, given)
    except WrongField as refusal:
        raise _bad("options", refusal) from None


def _bad(at: str, refusal: WrongField) -> BadInput:
    return BadInput({f"{at}.{e['field']}".rstrip("."): e["message"] for e in refusal.errors})


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
