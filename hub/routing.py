"""Which desk an escalation goes to: routes in order, each a condition and a list of connections.

The language of conditions is `hub.conditions`. A route without a condition takes whatever no other
one and no `target` claimed. What follows when a desk does not take it is `hub.pipeline.ladder`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from connectors import registry
from hub.conditions import NAMES, BadCondition, parse
from hub.store import Question, Row, Rows, Tx, question

PATIENCE = 10  # minutes that a desk has, unless its route says otherwise
WAITS = "No route fits: it waits in the Help Desk."
LATER = "Where it goes depends on its language, which is read from the customer's words."

ROUTES = """
select r.id, r.position, r.condition, r.connection_ids, r.give_up_after, r.enabled, w.time_zone,
    c.name, c.desk
from routes r join workspaces w on w.id = r.workspace_id
left join connections c on c.id = r.connection_ids[1]
where r.workspace_id = :workspace order by r.position, r.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Where an escalation goes first, and why, in a sentence for people."""

    connection_id: str | None = None
    route_id: str | None = None
    why: str = WAITS
    promised_at: datetime | None = None  # when this desk's time is over
    undecided: bool = False  # until its language is known


@dataclass(frozen=True, slots=True)
class Step:
    """One route put to the facts: whether it holds (None: not known yet)."""

    route: Row
    holds: bool | None
    tell: Callable[[], str]

    @property
    def why(self) -> str:
        """What decided, in words."""
        return self.tell()


def asking(workspace_id: str) -> Question:
    """The workspace's routes in their order, for `choose`."""
    return question(ROUTES, workspace=workspace_id)


def choose(
    tx: Tx, workspace_id: str, facts: Mapping[str, Any], routes: Rows | None = None
) -> Choice:
    """The first desk for an escalation with these facts; `routes` if they are known already."""
    steps, target = examine(tx, workspace_id, facts, routes), facts.get("target")
    for step in steps:
        if step.holds is None:
            return Choice(undecided=True, why=LATER)
        if step.route["condition"] and step.holds:
            return _taken(tx, step)
    aimed = _target(tx, workspace_id, target)
    if aimed is not None:
        why = f"Went to {aimed['name']}: the platform named it."
        return Choice(connection_id=aimed["id"], why=why, promised_at=_until(tx, aimed, PATIENCE))
    rest = (step for step in steps if step.holds and not step.route["condition"])
    choice = next((_taken(tx, step) for step in rest), Choice())
    if not target:
        return choice
    unknown = f"The platform named {target}, which is no connection here."
    return replace(choice, why=f"{choice.why} {unknown}")


def examine(
    tx: Tx, workspace_id: str, facts: Mapping[str, Any], routes: Rows | None = None
) -> list[Step]:
    """Every route of the workspace in its order, put to the facts."""
    routes = tx.rows(asking(workspace_id)) if routes is None else routes
    return [_step(route, {"zone": route["time_zone"], "at": tx.now, **facts}) for route in routes]


def facts(source: str, conversation: Row, escalation: Mapping[str, Any]) -> dict[str, Any]:
    """What conditions may ask of an escalation."""
    return {
        "language": conversation["language"],
        "channel": conversation["channel"],
        "reason": escalation["reason"].get("code"),
        "rule": escalation["reason"].get("rule"),
        "team": escalation["team"],
        "priority": escalation["priority"],
        "target": escalation["target"],
        "fields": escalation["fields"],
        "source": source,
    }


def _step(route: Row, facts: Mapping[str, Any]) -> Step:
    if not route["enabled"]:
        return Step(route, False, lambda: "it is switched off")
    if not route["condition"]:
        return Step(route, True, lambda: "it takes what no other route and no target claims")
    try:
        condition = parse(route["condition"])
    except BadCondition as problem:  # saved by a version that read it
        text = f"its condition cannot be read: {problem}"
        return Step(route, False, lambda: text)
    holds = condition.holds(facts)
    return Step(route, holds, lambda: condition.told(facts, holds))


def _taken(tx: Tx, step: Step) -> Choice:
    route = step.route
    connections: Sequence[str] = route["connection_ids"]
    number = f"route {route['position']}"
    because = f"because {step.why} ({number})" if route["condition"] else f"by {number}"
    rest = "" if route["condition"] else ", which takes everything else"
    return Choice(
        connection_id=connections[0],
        route_id=route["id"],
        why=f"Went to {route['name']} {because}{rest}.",
        promised_at=_until(tx, route, route["give_up_after"]),
    )


def _until(tx: Tx, desk: Row, minutes: int) -> datetime | None:
    """When a desk's time is over; in the Help Desk there is no next one to wait for."""
    return None if desk["desk"] == registry.NATIVE else tx.now + timedelta(minutes=minutes)


def _target(tx: Tx, workspace_id: str, target: str | None) -> Row | None:
    """The connection that a target names: by id, by name, or the first of a desk."""
    if not target:
        return None
    return tx.first(
        "select id, name, desk from connections where workspace_id = :workspace"
        " and archived_at is null"
        " and (id = :target or lower(name) = lower(:target) or desk = lower(:target))"
        " order by (state = 'active') desc, id limit 1",
        workspace=workspace_id,
        target=target,
    )


__all__ = [
    "NAMES",
    "PATIENCE",
    "BadCondition",
    "Choice",
    "Step",
    "asking",
    "choose",
    "examine",
    "facts",
]
