"""`python -m hub doctor`: what is wrong with settings, database, connections and webhooks."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from connectors.errors import ConnectorError
from hub import admin, clock, migrate, room, unsafe, worker, wsgi
from hub.house import House
from hub.setting_values import BadSetting
from hub.store import Row, Store
from hub.summary.llm import TROUBLE, Writer
from hub.summary.types import Turn
from hub.vault import Unsealable

USELESS = (*TROUBLE, "not_json", "too_long", "busy")
NO_WALL = (
    "The database's account may not make the role hub_tenant. Let another account make it and grant"
    " it to this one, then run `python -m hub migrate`."
)
NO_PROXY = (
    "TLS ends at a proxy, and HUB_TRUSTED_PROXIES does not name it: all clients count as one, for"
    " rates and for sign-ins."
)
SAMPLE = (
    Turn("1", "customer", "The blue lamp of my order 4711 does not light, and I want a new one."),
    Turn("2", "ai", "Please check whether the bulb sits firmly in its socket."),
    Turn("3", "customer", "It does. Please let me talk to a person."),
)
NOBODY_TELLS = (
    "Workers look for jobs once a second. Set HUB_DIRECT_DATABASE_URL, and they are told of them."
)
LITTLE_ROOM = "One more of web, worker and clock would not find room: see docs/scale.md."
ONE_OF_EACH = 2 * wsgi.POOL + worker.POOL + worker.LISTENING + clock.POOL
TOLD = 3  # problems of a mapping that a line names


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `fault` says what to do, None when it is fine."""

    what: str
    fault: str | None = None
    hint: str | None = None


def run(house: House) -> int:
    """Print a line for each thing looked at; 1 when one is at fault."""
    faults = 0
    for finding in examine(house):
        mark = "FAULT" if finding.fault else "hint " if finding.hint else "ok   "
        print(f"{mark}  {finding.what}", f"- {finding.fault or finding.hint or ''}".rstrip(" -"))
        faults += finding.fault is not None
    return 1 if faults else 0


def examine(house: House) -> Iterator[Finding]:
    """Look at everything, cheapest first."""
    try:
        behind = migrate.pending(house.store.url)
    except DBAPIError as problem:
        yield Finding("database", f"It does not answer: {str(problem.orig).splitlines()[0]}")
        return
    if behind:
        yield Finding("database", "Its schema is missing or old: run `python -m hub migrate`.")
        return
    yield Finding("database")
    yield from _connections(house)
    if not house.store.walled:
        yield Finding("second wall between workspaces", hint=NO_WALL)
    try:
        unsafe.refuse(house.settings)
    except BadSetting as problem:
        yield Finding("settings", str(problem))
    if house.settings.public_url.startswith("https://") and not house.settings.trusted_proxies:
        yield Finding("clients' addresses", hint=NO_PROXY)
    with house.store.transaction() as tx:
        rows = tx.all(
            "select c.*, w.name as workspace, count(*) over () > count(*) over"
            " (partition by c.workspace_id) as one_of_many from connections c"
            " join workspaces w on w.id = c.workspace_id where c.archived_at is null"
            " order by c.workspace_id, c.id"
        )
        parked = tx.value(
            "select (select count(*) from escalations where state = 'parked')"
            " + (select count(*) from tickets where parked is not null)"
            " + (select count(*) from changes where state = 'parked')"
        )
    if house.llm is not None:
        yield _language_model(house.llm)
    for row in rows:
        yield from _connection(house, row)
    fault = f"{parked} wait for a person: see Escalations." if parked else None
    yield Finding("parked escalations", hint=fault)


def _connections(house: House) -> Iterator[Finding]:
    """Room for the processes, and for who listens behind a pooler."""
    direct = house.settings.direct_url
    if direct is not None:
        yield Finding("HUB_DIRECT_DATABASE_URL", _detour(direct))
    if house.store.pooled:
        yield Finding("pooler before the database", hint=None if direct else NOBODY_TELLS)
        return
    there = room.look(house.store)
    what = f"connections to the database: {there.free} of {there.most} are free"
    yield Finding(what, hint=LITTLE_ROOM if there.free < ONE_OF_EACH else None)


def _detour(url: str) -> str | None:
    own = Store(url, pool=1)
    try:
        return "It leads to a pooler: name the database itself." if own.pooled else None
    except DBAPIError as problem:
        return f"It does not answer: {str(problem.orig).splitlines()[0]}"
    finally:
        own.close()


def _language_model(llm: Writer) -> Finding:
    """Asked for the summary of a sample, as an escalation asks it."""
    what = f"language model {llm.endpoint.model} at {llm.endpoint.base_url}"
    why = llm.write(SAMPLE).refusal
    if why is None:
        return Finding(what)
    if why.code in USELESS:
        return Finding(what, f"No summary came: {why}")
    return Finding(what, hint=f"It answers, but its summary of a sample was not used: {why}")


def _connection(house: House, row: Row) -> Iterator[Finding]:
    what = f"connection {row['name']}"
    if row["one_of_many"]:
        what += f" of {row['workspace']}"
    if row["state"] == "paused":
        yield Finding(what, f"It is paused: {row['state_reason'] or 'by hand'}")
    try:
        connector = house.desks.open(row)
        account = connector.verify()
    except (ConnectorError, Unsealable) as problem:
        if str(problem) != row["state_reason"]:  # said above
            yield Finding(what, str(problem))
        return
    yield Finding(f"{what} ({account.name})", hint=" ".join(account.missing) or None)
    yield _mapping(house, row)
    if connector.can.webhooks != "none" and row["webhook_secret"] is None:
        yield Finding(
            f"webhooks of {row['name']}",
            "None is registered: changes arrive by polling only."
            f" Verify the connection again: POST /v1/connections/{row['id']}/verify.",
        )


def _mapping(house: House, row: Row) -> Finding:
    """The desk's fields change after a mapping was saved; no ticket has failed of it yet."""
    what = f"mapping of {row['name']}"
    try:
        problems = admin.mapping_problems(house, row)
    except ConnectorError as problem:
        return Finding(what, hint=f"The desk does not tell its fields: {problem}")
    return Finding(what, hint="; ".join(map(str, problems[:TOLD])) or None)
