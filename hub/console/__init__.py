"""The console: what teammates see and do in the browser. One blueprint a noun."""

from flask import Blueprint

from hub.console import (
    account,
    audit,
    connecting,  # noqa: F401 - more pages of the connections' blueprint
    connection,  # noqa: F401
    conversations,
    escalations,
    keyed,  # noqa: F401
    keys,
    mappings,
    oidc,
    overview,
    people,
    playground,
    routes,
    sessions,
    shell,
    sources,
    subscribers,
    team,
)


def blueprints() -> list[Blueprint]:
    """The console's blueprints, the shell that they share first."""
    nouns = (sessions, conversations, overview, escalations, routes, mappings, subscribers, team)
    settings = (sources, keys, people, audit, account, oidc)
    return [shell.blueprint, playground.blueprint, *(n.blueprint for n in (*nouns, *settings))]
