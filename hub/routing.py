"""Which desk an escalation goes to: routes in order, each a condition and a list of connections.

A condition is terms joined by `and`: `language = de`, `reason != spam`, `channel in web, email`,
`fields.plan = gold`. Words are compared without case. A route without a condition takes whatever
no other route and no `target` claimed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.store import Row, Tx

NAMES = ("language", "channel", "reason", "rule", "team", "priority", "target", "source")
TERM = re.compile(r"^(?P<name>[a-z_]+(?:\.[\w-]+)?)\s*(?P<sign>=|!=|\bin\b)\s*(?P<words>.+)$")


class BadCondition(ValueError):
    """A condition that cannot be read; the message says how to write it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Where an escalation goes first, and why, in a sentence for people."""

    connection_id: str | None
    route_id: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison of a condition."""

    name: str
    wanted: bool
    words: frozenset[str]

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """True when the facts satisfy it."""
        value = facts.get(self.name)
        if value is None and self.name.startswith("fields."):
            value = facts.get("fields", {}).get(self.name.removeprefix("fields."))
        return (_word(value) in self.words) is self.wanted


def _word(value: Any) -> str:
    """A fact as conditions spell it: `true`, `0`, and nothing for nothing."""
    return "" if value is None else str(value).casefold()


def parse(condition: str) -> tuple[Term, ...]:
    """The terms of a condition; raises `BadCondition`."""
    return tuple(_term(part.strip()) for part in re.split(r"\s+and\s+", condition.strip()))


def choose(tx: Tx, workspace_id: str, facts: Mapping[str, Any]) -> Choice:
    """The first desk for an escalation with these facts."""
    routes = tx.all(
        "select id, position, condition, connection_ids from routes"
        " where workspace_id = :workspace order by position, id",
        workspace=workspace_id,
    )
    for route in routes:
        if route["condition"] and all(t.holds(facts) for t in parse(route["condition"])):
            return _taken(route, f"route {route['position']}: {route['condition']}")
    aimed = _target(tx, workspace_id, facts.get("target"))
    if aimed is not None:
        return Choice(aimed, None, f"the platform's target: {facts['target']}")
    for route in routes:
        if not route["condition"]:
            return _taken(route, f"route {route['position']}: everything else")
    return Choice(None, None, "no route: it waits in the Help Desk")


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


def _term(text: str) -> Term:
    found = TERM.match(text)
    if found is None:
        raise BadCondition(f"{text!r} is not a comparison: write name = word, or name in a, b.")
    name = found["name"]
    if name not in NAMES and not name.startswith("fields."):
        raise BadCondition(f"{name!r} is not known: use {', '.join(NAMES)} or fields.NAME.")
    words = found["words"].split(",") if found["sign"] == "in" else [found["words"]]
    folded = frozenset(word.strip().strip("\"'").casefold() for word in words)
    return Term(name=name, wanted=found["sign"] != "!=", words=folded)


def _taken(route: Row, why: str) -> Choice:
    connections: Sequence[str] = route["connection_ids"]
    return Choice(connections[0], route["id"], why)


def _target(tx: Tx, workspace_id: str, target: str | None) -> str | None:
    """The connection that a target names: by id, by name, or the first of a desk."""
    if not target:
        return None
    found: str | None = tx.value(
        "select id from connections where workspace_id = :workspace"
        " and (id = :target or lower(name) = lower(:target) or desk = lower(:target))"
        " order by (state = 'active') desc, id limit 1",
        workspace=workspace_id,
        target=target,
    )
    return found
