"""Every page of the console, found in the application's map, with real ids in its address."""

from collections.abc import Iterator

import requests
from flask import Flask
from werkzeug.routing import Rule

from hub import console
from hub.store import Tx
from hub.store.schema import metadata

PLAIN = {"desk": "help_scout"}  # parts of an address that are no ids
TABLES = {"ticket_id": "native_tickets"}  # ids whose table is not called like them
# A test conversation of the playground is a conversation of its own source.
ROW = {
    "playground.one": "select c.id from conversations c join sources s on s.id = c.source_id"
    " and s.playground where c.workspace_id = :workspace order by c.id desc limit 1",
    "privacy.of_conversation": "select id from conversations where workspace_id = :workspace"
    " and forgotten_at is null order by id desc limit 1",
}
# Downloads, and the way to a provider and back.
NO_PAGES = {"conversations.file", "oidc.leave", "oidc.callback"}


class Missing(LookupError):
    """An address cannot be filled in; the message says what to furnish or to tell this module."""


def addresses(app: Flask, tx: Tx, workspace_id: str, **tokens: str) -> dict[str, str]:
    """An address of every page that a teammate can open, by its endpoint."""
    return {rule.endpoint: _filled(app, rule, tx, workspace_id, tokens) for rule in _rules(app)}


def is_page(url: str, cookies: dict[str, str]) -> bool:
    """Downloads, streams and JSON are no pages, nor is what only leads on."""
    with requests.get(url, cookies=cookies, stream=True, allow_redirects=False, timeout=60) as told:
        leads_on = told.status_code in range(300, 400)
        return not leads_on and told.headers["Content-Type"].startswith("text/html")


def _rules(app: Flask) -> Iterator[Rule]:
    ours = {blueprint.name for blueprint in console.blueprints()}
    for rule in sorted(app.url_map.iter_rules(), key=str):
        mine = rule.endpoint.partition(".")[0] in ours and "GET" in (rule.methods or ())
        if mine and not rule.endpoint.endswith(".static") and rule.endpoint not in NO_PAGES:
            yield rule


def _filled(app: Flask, rule: Rule, tx: Tx, workspace_id: str, tokens: dict[str, str]) -> str:
    known = PLAIN | tokens
    values = {
        name: known.get(name) or _id(rule.endpoint, name, tx, workspace_id)
        for name in rule.arguments
    }
    with app.test_request_context():
        return app.url_map.bind("").build(rule.endpoint, values)


def _id(endpoint: str, name: str, tx: Tx, workspace_id: str) -> str:
    table = TABLES.get(name) or _table(name.removesuffix("_id"))
    if endpoint not in ROW and table is None:
        raise Missing(f"{endpoint}: tests/console/pages.py does not know what <{name}> is")
    newest = f"select id from {table} where workspace_id = :workspace order by id desc limit 1"
    found = tx.value(ROW.get(endpoint, newest), workspace=workspace_id)
    if found is None:
        raise Missing(f"{endpoint}: tests/console/furnished.py puts no row into {table}")
    return str(found)


def _table(noun: str) -> str | None:
    """`retries` of `retry`, `canned_texts` of `canned`; None where no table is called like it."""
    plurals = (f"{noun}s", f"{noun.removesuffix('y')}ies")
    named = (t for t in metadata.tables if t in plurals or t.startswith(f"{noun}_"))
    return next(named, None)
