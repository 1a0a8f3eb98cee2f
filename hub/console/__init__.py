"""The console: what teammates see and do in the browser. One blueprint a noun."""

from flask import Blueprint

from hub.console import (
    canned,
    connecting,  # noqa: F401 - more pages of the connections' blueprint
    conversations,
    escalations,
    inbox,
    live,
    mappings,
    routes,
    sessions,
    shell,
    subscribers,
    talking,  # noqa: F401 - more of the conversations' blueprint
)


def blueprints() -> list[Blueprint]:
    """The console's blueprints, the shell that they share first."""
    nouns = (
        sessions,
        conversations,
        inbox,
        canned,
        live,
        escalations,
        routes,
        mappings,
        subscribers,
    )
    return [shell.blueprint, *(noun.blueprint for noun in nouns)]
