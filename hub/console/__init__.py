"""The console: what teammates see and do in the browser. One blueprint a noun."""

from flask import Blueprint

from hub.console import (
    account,
    audit,
    connecting,  # noqa: F401 - more pages of the connections' blueprint
    conversations,
    escalations,
    keys,
    mappings,
    oidc,
    people,
    routes,
    sessions,
    shell,
    sources,
    subscribers,
)


def blueprints() -> list[Blueprint]:
    """The console's blueprints, the shell that they share first."""
    nouns = (sessions, conversations, escalations, routes, mappings, subscribers)
    settings = (sources, keys, people, audit, account, oidc)
    return [shell.blueprint, *(noun.blueprint for noun in (*nouns, *settings))]
