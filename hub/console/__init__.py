"""The console: what teammates see and do in the browser. One blueprint a noun."""

from flask import Blueprint

from hub.console import (
    connecting,  # noqa: F401 - more pages of the connections' blueprint
    conversations,
    escalations,
    mappings,
    playground,
    routes,
    sessions,
    shell,
    subscribers,
    team,
)


def blueprints() -> list[Blueprint]:
    """The console's blueprints, the shell that they share first."""
    nouns = (sessions, conversations, escalations, routes, mappings, subscribers, team, playground)
    return [shell.blueprint, *(noun.blueprint for noun in nouns)]
