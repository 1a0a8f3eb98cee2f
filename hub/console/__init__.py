"""The console: what teammates see and do in the browser. One blueprint a noun."""

from flask import Blueprint

from hub.console import (
    account,
    answering,  # noqa: F401 - more pages of the sources' blueprint
    audit,
    canned,
    connecting,  # noqa: F401 - more pages of the connections' blueprint
    connection,  # noqa: F401
    conversations,
    escalations,
    inbox,
    keyed,  # noqa: F401
    keys,
    live,
    mappings,
    oidc,
    overview,
    people,
    playground,
    privacy,
    replays,  # noqa: F401 - more pages of the subscribers' blueprint
    routes,
    sessions,
    shell,
    sources,
    subscribers,
    talking,  # noqa: F401 - more of the conversations' blueprint
    team,
)


def blueprints() -> list[Blueprint]:
    """The console's blueprints, the shell that they share first."""
    work = (sessions, conversations, inbox, canned, live, overview, escalations, team, playground)
    desks = (routes, mappings, subscribers)
    settings = (sources, keys, people, audit, privacy, account, oidc)
    return [shell.blueprint, *(noun.blueprint for noun in (*work, *desks, *settings))]
