"""The documentation is true: what exists is told, and what is told exists."""

import argparse
import ast
import importlib
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from connectors import registry, sandbox_faults
from connectors.errors import AuthFailed, ConnectorError, RateLimited, Retryable
from connectors.sandbox_control import Control
from connectors.sandbox_shapes import World
from hub import cli, routing, telemetry, worker
from hub.house import House
from hub.store.schema import metadata
from mappings import engine
from mappings.errors import MappingError
from mappings.facts import SAMPLE
from tests.docs import ROOT
from tests.pages import DOCS, PAGES, blocks, event_examples, everything, first_column, page
from webhooks import outbound
from webhooks.events import OUTGOING

PACKAGES = ("hub", "connectors", "mappings", "webhooks")
HUB = "python -m hub "


def trees() -> Iterator[ast.Module]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            yield ast.parse(path.read_text("utf-8"))


def constants(node: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and type(n.value) is str}


def test_every_setting_is_documented_and_no_other() -> None:
    read = {name for tree in trees() for node in ast.walk(tree) for name in asked(node)}
    wsgi = (
        "CONTENT_",
        "HTTP_",
        "REMOTE_",
        "REQUEST_",
        "QUERY_",
        "SERVER_",
        "PATH_",
    )  # of a request
    own = {name for name in read if not name.startswith(wsgi)}
    assert len(own) > 10
    assert set(first_column(page("settings.md"))) == own


def asked(node: ast.AST) -> list[str]:
    """What `environ.get(NAME)`, `environ[NAME]`, `NAME in environ` or `f(env, NAME)` ask for."""
    if isinstance(node, ast.Call):
        about = [getattr(node.func, "value", None), *node.args]
        names: list[ast.expr] = node.args
    elif isinstance(node, ast.Subscript):
        about, names = [node.value], [node.slice]
    elif isinstance(node, ast.Compare):
        about, names = [*node.comparators], [node.left]
    else:
        return []
    if not any(getattr(a, "id", getattr(a, "attr", "")) in ("env", "environ") for a in about):
        return []
    texts = [str(n.value) for n in names if isinstance(n, ast.Constant)]
    return [text for text in texts if re.fullmatch(r"[A-Z][A-Z_]{3,}", text)]


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    known = set(first_column(page("settings.md")))
    assert set(re.findall(r"\bHUB_[A-Z_]+\b", everything())) <= known


def commands() -> dict[str, argparse.ArgumentParser]:
    def walk(parser: argparse.ArgumentParser, words: str) -> Iterator[tuple[str, Any]]:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, below in action.choices.items():
                    yield from walk(below, f"{words} {name}".strip())
                return
        yield words, parser

    return dict(walk(cli.parser(), ""))


@pytest.mark.parametrize("words", commands())
def test_every_command_is_documented_with_its_options(words: str) -> None:
    text = page("commands.md")
    (row,) = [line for line in text.splitlines() if re.match(rf"\| `{HUB}{words}[ `]", line)]
    common = {"-h", "--help", "--json", "--workspace"}
    options = {o for action in commands()[words]._actions for o in action.option_strings}
    for option in options - common:
        assert option in row, f"{words} {option}"
    assert "--json" in text and "--workspace" in text


def test_every_command_that_a_page_shows_is_one() -> None:
    shown = [code for path in PAGES for code in re.findall(rf"`({HUB}[^`]+)`", path.read_text())]
    for path in PAGES:
        for code in blocks(path, "bash"):
            joined = code.replace("\\\n", " ")
            shown += [line[line.index(HUB) :] for line in joined.splitlines() if HUB in line]
    assert len(shown) > 30
    parser = cli.parser()
    for line in shown:
        words = shlex.split(line.partition(" > ")[0], comments=True)[3:]
        if words not in (["--help"], ["COMMAND", "--help"]):
            parser.parse_args(words)


def test_every_route_is_documented_and_no_other(app: Flask) -> None:
    served = set()
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if not re.search(r"\.(not_|stray)", rule.endpoint):
                served.add(f"{method} {rule.rule}")
    told = {one for one in first_column(page("api.md")) if re.match(r"[A-Z]+ /", one)}
    assert told == served


def test_every_call_that_a_page_names_is_served(app: Flask) -> None:
    rules = {(m, r.rule) for r in app.url_map.iter_rules() for m in r.methods or ()}
    named = set(re.findall(r"`(GET|POST|PATCH|DELETE|PUT) (/[^`?{ ]*)[^`]*`", everything()))
    own = {(method, path) for method, path in named if not path.startswith("/_")}
    shapes = {(method, re.sub(r"<[^>]+>", "<>", rule)) for method, rule in rules}
    unknown = {one for one in own if (one[0], re.sub(r"<[^>]+>", "<>", one[1])) not in shapes}
    assert unknown == {("GET", "/v1/connectors/zendesk")}  # an example of <name>
    assert len(own) > 20


def test_every_event_is_documented_and_no_other() -> None:
    assert set(event_examples()) == set(OUTGOING)
    told = re.findall(r"^\| \[`([a-z_.]+)`\]", page("subscribe.md"), re.MULTILINE)
    assert told == list(OUTGOING)


def test_every_figure_is_documented_and_no_other(client: FlaskClient, house: House) -> None:
    served = re.findall(r"^# TYPE (\w+)", client.get("/metrics").text, re.MULTILINE)
    names = {name for name in served if not name.endswith("_created")}
    told = {one.partition("{")[0] for one in first_column(page("operate.md")) if "hub_" in one}
    assert told == names


def test_every_log_line_is_documented_and_no_other() -> None:
    written = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = getattr(node.func.value, "id", "")
                if owner == "log" and node.func.attr in ("info", "warning", "error", "exception"):
                    written |= constants(node.args[0])
    written = {line for line in written if re.fullmatch(r"[a-z_]+\.[a-z_]+", line)}
    part = page("operate.md").partition("## Log lines")[2].partition("## Parked")[0]
    assert set(first_column(part)) == written


def test_every_reason_for_parking_is_documented_and_no_other() -> None:
    importlib.import_module("hub.pipeline.escalate")  # it has an error of its own
    kinds = [MappingError, ValueError]
    todo: list[type[ConnectorError]] = [*ConnectorError.__subclasses__()]
    while todo:
        kinds.append(kind := todo.pop())
        todo += kind.__subclasses__()
    # These wait instead: until the desk has time for it, for its pace, or for new credentials.
    waiting = (Retryable, RateLimited, AuthFailed)
    codes = {_code(kind) for kind in kinds if kind not in waiting}
    part = page("operate.md").partition("## Parked work")[2].partition("## Backup")[0]
    assert set(first_column(part)) == codes


def _code(kind: type[Exception]) -> str:
    problem = kind.__new__(kind)
    return worker._code(problem)


def test_every_desk_is_named_where_people_look() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in registry.built_in():
        assert f"connectors/{name}/README.md" in readme
        assert f"connectors/{name}/README.md" in page("connect-a-desk.md")


def test_every_crash_point_is_documented_and_no_other() -> None:
    part = page("reliability.md").partition("## Kill it yourself")[2]
    assert first_column(part) == list(telemetry.CRASHPOINTS)


def test_every_fault_of_a_sandbox_is_documented_and_no_other() -> None:
    part = page("commands.md").partition("### What can go wrong")[2]
    assert sorted(first_column(part)) == sorted(sandbox_faults.MODES)


def test_every_table_of_the_database_is_documented_and_no_other() -> None:
    part = page("architecture.md").partition("## Tables")[2]
    assert set(first_column(part)) == set(metadata.tables)


def test_every_name_of_a_condition_is_documented_and_no_other() -> None:
    part = page("route.md").partition("## Conditions")[2]
    rows = part.partition("| name |")[2]
    assert set(first_column(rows)) == {*routing.NAMES, "fields.NAME"}


def test_the_sandboxs_addresses_are_documented_and_no_other() -> None:
    told = {re.sub(r"\?.*", "", one) for one in first_column(page("commands.md")) if "/_" in one}
    served = Control(World(), {}).routes
    assert told == {f"{method} {path}" for method, path in served}


def test_every_page_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [path.name for path in DOCS if f"docs/{path.name}" not in readme] == []


# What is told exists


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith(("http://", "https://")):
            continue
        where, _, anchor = link.partition("#")
        target = (path.parent / where).resolve() if where else path
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_code_on_a_page_can_be_read(path: Path) -> None:
    for code in blocks(path, "python"):
        compile(code, path.name, "exec")
    for code in blocks(path, "json"):
        json.loads(code)
    for code in blocks(path, "yaml"):
        engine.render(engine.load(code), SAMPLE)


def test_every_figure_that_an_alert_asks_for_is_one() -> None:
    text = page("operate.md")
    (rules,) = [code for code in blocks(ROOT / "docs" / "operate.md", "text") if "alert:" in code]
    asked = set(re.findall(r"hub_[a-z_]+", rules))
    told = {name.partition("{")[0] for name in first_column(text)}
    assert len(asked) > 5 and {name.removesuffix("_bucket") for name in asked} <= told
    assert set(re.findall(r"`(Hub\w+)`", text)) <= set(re.findall(r"alert: (\w+)", rules))


def test_the_retry_schedule_is_the_codes() -> None:
    row = re.search(r"^\| after \| (.*) \|$", page("subscribe.md"), re.MULTILINE)
    assert row is not None
    unit = {"s": 1, "min": 60, "h": 3600}
    told = [int(n) * unit[u] for n, u in (cell.split() for cell in row[1].split(" | "))]
    assert told == [step.total_seconds() for step in outbound.SCHEDULE]
