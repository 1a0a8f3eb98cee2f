"""What is set up by hand: workspaces, sources, connections, routes, subscribers, keys, people."""

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from hub.commands import ACTOR, BadFile, built, opened, show


def add_workspace(given: Namespace) -> None:
    """Add a workspace."""
    from hub import admin

    with built() as house, house.store.transaction() as tx:
        made = admin.add_workspace(tx, house, given.slug, given.name or given.slug, actor=ACTOR)
    show({"id": made, "slug": given.slug})


def change_workspace(given: Namespace) -> None:
    """Set the time zone that routes mean."""
    from hub import admin

    with opened(given) as (house, workspace_id), house.store.transaction() as tx:
        row = admin.change_workspace(tx, workspace_id, time_zone=given.time_zone, actor=ACTOR)
    show({"id": row["id"], "slug": row["slug"], "time_zone": row["time_zone"]})


def add_source(given: Namespace) -> None:
    """Add a source; print its URL and secret."""
    from hub import admin
    from hub.admin.sources import RATE

    rate = RATE if given.rate is None else given.rate
    options = _config(given.options) if given.options is not None else None
    with opened(given) as (house, workspace_id):
        show(
            admin.add_source(
                house, workspace_id, given.name, given.dialect, given.secret, rate=rate,
                options=options, actor=ACTOR,
            )
        )  # fmt: skip


def connect(given: Namespace) -> None:
    """Add a connection; print what the desk said and what is left to do."""
    from hub import admin

    config = _config(given.config)
    with opened(given) as (house, workspace_id):
        made = admin.add_connection(
            house, workspace_id, given.desk, given.name, config, verify=not given.no_verify,
            actor=ACTOR,
        )  # fmt: skip
    account = made.account
    show(
        {
            "id": made.row["id"],
            "desk": made.row["desk"],
            "name": made.row["name"],
            "account": {"id": account.id, "name": account.name} if account else None,
            "missing": list(account.missing) if account else [],
            "steps": list(made.steps),
        }
    )


def add_route(given: Namespace) -> None:
    """Add a route."""
    from hub import admin

    with opened(given) as (house, workspace_id), house.store.transaction() as tx:
        to = _names(given.to)
        row = admin.add_route(tx, workspace_id, to, given.when, given.position,
                              give_up_after=given.give_up_after, actor=ACTOR)  # fmt: skip
    told = {name: row[name] for name in ("id", "position", "give_up_after")}
    show(told | {"when": row["condition"], "to": list(row["connection_ids"])})


def add_subscriber(given: Namespace) -> None:
    """Add a subscriber; print its secret."""
    from hub import admin

    events = _names(given.events) if given.events is not None else None
    with opened(given) as (house, workspace_id):
        made = admin.add_subscriber(
            house, workspace_id, given.url, events, ordered=given.ordered,
            asymmetric=given.asymmetric, actor=ACTOR,
        )  # fmt: skip
        with house.store.transaction() as tx:
            row = tx.one("select * from subscribers where id = :id", id=made["id"])
        key = admin.public_key(house, row)
        show({**made, "public_key": key} if key else made)


def create_key(given: Namespace) -> None:
    """Make an API key; print it this once."""
    from hub import admin

    with opened(given) as (house, workspace_id), house.store.transaction() as tx:
        made = admin.create_key(tx, workspace_id, given.name, given.role, actor=ACTOR)
    show(made)


def add_user(given: Namespace) -> None:
    """Add a teammate."""
    from hub import admin

    password = sys.stdin.readline().rstrip("\r\n") if given.password_stdin else None
    with opened(given) as (house, workspace_id), house.store.transaction() as tx:
        made = admin.add_user(
            tx, workspace_id, given.email, given.name, given.role, password, actor=ACTOR
        )
    show({"id": made, "email": given.email, "role": given.role})


def make_link(given: Namespace) -> None:
    """Make a link with which a teammate sets a password; print it this once."""
    from hub import admin
    from hub.store import users

    with opened(given) as (house, workspace_id), house.store.transaction() as tx:
        user = users.by_email(tx, given.email)
        if user is None or user["workspace_id"] != workspace_id:
            raise admin.Unknown(f"There is no user {given.email} here.")
        token, until = admin.new_link(tx, workspace_id, user["id"], actor=ACTOR)
        url = admin.link_url(house, token)
    show({"url": url, "until": until.isoformat(timespec="seconds")})


def _config(path: str) -> dict[str, Any]:
    try:
        if path == "-":
            read = json.load(sys.stdin)
        else:
            with open(path, encoding="utf-8") as file:
                read = json.load(file)
    except OSError as problem:
        raise BadFile(f"{path} cannot be read: {problem.strerror}.") from None
    except ValueError as problem:
        raise BadFile(f"{path} is not JSON: {problem}.") from None
    if not isinstance(read, dict):
        raise BadFile(f"{path} must hold a JSON object.")
    return read


def _names(text: str) -> Sequence[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
