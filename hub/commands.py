"""What each command does. Heavy modules are imported where they are used: `--help` is quick."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.house import House

ACTOR = "cli"  # in the audit
WORKSPACE = "default"
NOBODY = "Nobody can sign in yet. The first owner is made at"


def web(given: Namespace) -> None:
    """Serve intake, API and console until SIGTERM."""
    from hub import house, settings, unsafe, wsgi

    chosen, host = settings.read(), settings.bind(dict(os.environ), "0.0.0.0")
    unsafe.refuse(chosen, host)
    each = chosen.connections or wsgi.POOL
    _check(house.build(chosen, pool=1), chosen.web_processes * each)
    wsgi.serve(host, chosen.port)


def worker(given: Namespace) -> None:
    """Run jobs until SIGTERM."""
    from hub import house, settings, telemetry
    from hub import worker as process

    chosen = settings.read()
    most = chosen.connections or process.POOL + process.LISTENING
    built = _check(house.build(chosen, pool=most - process.LISTENING), most)
    telemetry.configure_logging()
    process.serve(built)


def clock(given: Namespace) -> None:
    """Do what is due by time until SIGTERM."""
    from hub import clock as process
    from hub import house, settings, telemetry

    chosen = settings.read()
    most = chosen.connections or process.POOL
    built = _check(house.build(chosen, pool=most), most)
    telemetry.configure_logging()
    process.serve(built)


def up(given: Namespace) -> int:
    """Everything in one command."""
    from hub import up as process

    return process.run(given)


def sandbox(given: Namespace) -> None:
    """Serve the sandbox desks until SIGTERM."""
    from connectors import sandbox as desks

    desks.serve(given.port)


def migrate(given: Namespace) -> None:
    """Bring the schema up to date; a new hub has a workspace."""
    from hub import admin
    from hub import migrate as schema

    with _house() as house:
        schema.upgrade(house.settings.direct_url or house.store.url)
        with house.store.transaction() as tx:
            if not tx.value("select 1 from workspaces limit 1"):
                admin.add_workspace(tx, house, WORKSPACE, WORKSPACE.capitalize(), actor=ACTOR)
            first = admin.setup_url(house) if admin.is_fresh(tx) else None
    print("The schema is up to date.", file=sys.stderr)
    if first is not None:
        print(f"{NOBODY} {first}", file=sys.stderr)


def setup(given: Namespace) -> int:
    """Print where the first owner is made; 1 when there is one."""
    from hub import admin

    with _house() as house, house.store.transaction() as tx:
        fresh = admin.is_fresh(tx)
    if not fresh:
        print("There is an owner already, who invites the others.", file=sys.stderr)
        return 1
    show({"url": admin.setup_url(house), "code": admin.setup_code(house)})
    return 0


def demo(given: Namespace) -> int:
    """Send sample conversations and follow them."""
    from hub import demo as samples

    return samples.run(given)


def rotate_keys(given: Namespace) -> int:
    """Seal every secret anew; 1 when some do not open."""
    from hub import rotation

    with _house() as house:
        return 1 if rotation.rotate(house, lambda line: print(line, flush=True)) else 0


def doctor(given: Namespace) -> int:
    """Look at everything; 1 when something is at fault."""
    from hub import doctor as check

    with _house() as house:
        return check.run(house)


def add_workspace(given: Namespace) -> None:
    """Add a workspace."""
    from hub import admin

    with _house() as house, house.store.transaction() as tx:
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
        show(
            admin.add_subscriber(
                house, workspace_id, given.url, events, ordered=given.ordered,
                asymmetric=given.asymmetric, actor=ACTOR,
            )
        )  # fmt: skip


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


def told(problem: Exception) -> tuple[str, int] | None:
    """A sentence and an exit code for what a person can do something about, None for a bug."""
    from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError, TimeoutError

    from connectors.errors import ConnectorError
    from hub import admin
    from hub.backup.archive import BadArchive
    from hub.cluster import EmbeddedError
    from hub.settings import BadSetting

    if isinstance(problem, BadArchive | EmbeddedError):
        return str(problem), 1
    if isinstance(problem, BadSetting | admin.BadInput | admin.Conflict | admin.Unknown | BadFile):
        return str(problem.args[0] if isinstance(problem, LookupError) else problem), 2
    if isinstance(problem, ConnectorError):
        return f"The desk does not go along: {problem}", 1
    if isinstance(problem, OperationalError | InterfaceError | TimeoutError):
        why = str(getattr(problem, "orig", None) or problem).strip().splitlines()[0]
        return f"The database does not answer ({why}). Is the hub running, or DATABASE_URL set?", 1
    if isinstance(problem, ProgrammingError) and "UndefinedTable" in repr(problem.orig):
        return "The database has no schema: run `python -m hub migrate`.", 1
    return None


class BadFile(Exception):
    """A file that cannot be used; the message says why."""


def _check(built: "House", most: int) -> "House":
    """The house, if its keys open what the database holds, and that has room for its process.

    `most` is how many connections to the database the process opens.
    """
    from hub import room, rotation

    rotation.check(built)
    room.check(built.store, most)
    built.store.close()  # web opens its connections after the fork
    return built


@contextmanager
def _house() -> "Iterator[House]":
    from hub import house, settings

    built = house.build(settings.read(settings.beside(os.environ)), pool=2)
    try:
        yield built
    finally:
        built.close()


@contextmanager
def opened(given: Namespace) -> "Iterator[tuple[House, str]]":
    """The house, and the workspace that the command names."""
    from hub import admin

    with _house() as house:
        with house.store.transaction() as tx:
            workspace_id = admin.workspace(tx, given.workspace)["id"]
        yield house, workspace_id


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


def show(value: Any) -> None:
    """Print it as JSON."""
    print(json.dumps(value, ensure_ascii=False, indent=2))
