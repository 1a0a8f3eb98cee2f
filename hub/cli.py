"""The command line: each command is a thin call, imported only when it runs.

Exit codes: 0 done, 1 a fault (a database or a desk that does not answer), 2 wrong input.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

from hub import commands
from hub.commands import backups, privacy, processes, resources, upkeep

DEFAULT = "default"  # the workspace

Parsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    given = parser().parse_args(arguments)
    try:
        return int(given.run(given) or 0)
    except KeyboardInterrupt:
        return 130
    except Exception as problem:
        told = commands.told(problem)
        if told is None:
            raise
        sentence, code = told
        print(sentence, file=sys.stderr)
        return code


def parser() -> argparse.ArgumentParser:
    """Every command with a line of help."""
    top = argparse.ArgumentParser(
        prog="python -m hub",
        description="An escalation hub: from AI conversations to help desks and back.",
    )
    nouns = top.add_subparsers(metavar="COMMAND", required=True)
    _processes(nouns)
    _upkeep(nouns)
    _sources(nouns)
    _connections(nouns)
    _subscribers(nouns)
    _people(nouns)
    _keys(nouns)
    _privacy(nouns)
    return top


def _processes(nouns: Parsers) -> None:
    _command(nouns, "web", "serve intake, API and console", processes.web)
    _command(nouns, "worker", "run jobs", processes.worker)
    _command(nouns, "clock", "poll desks, find what got lost, sweep", processes.clock)
    up = _command(nouns, "up", "database, web, worker and clock in one command", processes.up)
    up.add_argument("--port", type=_port, help="where web listens (default: PORT, else 8000)")
    up.add_argument("--sandbox", action="store_true", help="and sandbox desks on port N+1")
    up.add_argument("--demo", action="store_true", help="and a sample escalation, told")
    desks = _command(nouns, "sandbox", "serve the sandbox desks alone", processes.sandbox)
    desks.add_argument("--port", type=_port, default=8001, help="where they listen (8001)")


def _upkeep(nouns: Parsers) -> None:
    _command(nouns, "migrate", "create or upgrade the schema", upkeep.migrate)
    _command(nouns, "setup", "print where the first owner is made", upkeep.setup)
    demo = _command(nouns, "demo", "send sample conversations to a running hub", upkeep.demo)
    demo.add_argument("--once", action="store_true", help="one conversation only")
    _command(nouns, "doctor", "check settings, database, connections, webhooks", upkeep.doctor)
    take = _command(nouns, "backup", "write the whole database to a file", backups.backup)
    take.add_argument("file", metavar="FILE", help="which does not exist yet")
    back = _command(nouns, "restore", "bring a backup into an empty database", backups.restore)
    back.add_argument("file", metavar="FILE")
    workspace = _noun(nouns, "workspace", "tenants")
    add = _command(workspace, "add", "add a workspace with its Help Desk", resources.add_workspace)
    add.add_argument("slug")
    add.add_argument("--name", help="how people call it (default: the slug)")
    change = _data(workspace, "change", "set the time zone of its routes",
                   resources.change_workspace)  # fmt: skip
    change.add_argument("--time-zone", required=True, metavar="ZONE", help="such as Europe/Berlin")


def _sources(nouns: Parsers) -> None:
    source = _noun(nouns, "source", "bot platforms that send us events")
    add = _data(source, "add", "add a source; prints its URL and secret", resources.add_source)
    add.add_argument("name")
    add.add_argument("--dialect", default="standard", help="how it speaks (default: standard)")
    add.add_argument("--secret", help="its signing secret (default: a fresh one)")
    add.add_argument("--rate", type=int, metavar="N", help="requests a minute (default: 60000)")
    add.add_argument("--options", metavar="FILE", help="of the dialect json; - reads stdin")


def _connections(nouns: Parsers) -> None:
    connect = _data(nouns, "connect", "connect a desk, after trying its credentials",
                    resources.connect)  # fmt: skip
    connect.add_argument("desk", help="zendesk, intercom, …")
    connect.add_argument("--name", required=True)
    connect.add_argument("--config", required=True, metavar="FILE", help="JSON; - reads stdin")
    connect.add_argument("--no-verify", action="store_true", help="keep it untried")
    route = _noun(nouns, "route", "which escalations go to which desk")
    add = _data(route, "add", "add a route", resources.add_route)
    add.add_argument("--to", required=True, metavar="CONNECTION[,…]", help="by id or name")
    add.add_argument("--when", metavar="EXPR", help="such as: language = de and reason != spam")
    add.add_argument("--position", type=int, metavar="N", help="1 is first (default: last)")
    add.add_argument("--give-up-after", type=int, metavar="MINUTES", default=10,
                     help="for a desk, until the next one of the route gets it (10)")  # fmt: skip


def _subscribers(nouns: Parsers) -> None:
    subscriber = _noun(nouns, "subscriber", "endpoints that get our signed events")
    add = _data(subscriber, "add", "add a subscriber; prints its secret", resources.add_subscriber)
    add.add_argument("url")
    add.add_argument("--events", metavar="a,b", help="only these types (default: all)")
    add.add_argument("--ordered", action="store_true", help="keep each conversation's order")
    add.add_argument("--asymmetric", action="store_true", help="sign by Ed25519 (v1a) as well")


def _keys(nouns: Parsers) -> None:
    keys = _noun(nouns, "keys", "the keys that seal secrets at rest")
    _command(keys, "rotate", "seal every secret with the first of HUB_KEYS", upkeep.rotate_keys)


def _privacy(nouns: Parsers) -> None:
    data = _noun(nouns, "privacy", "customers' data")
    for name, text, run in (
        ("show", "print what there is of a customer", privacy.show_customer),
        ("export", "print all that there is of a customer", privacy.export_customer),
        ("erase", "erase a customer; prints the erasure", privacy.erase_customer),
    ):
        command = _data(data, name, text, run)
        command.add_argument("--id", help="the platform's, of the customer or of a conversation")
        command.add_argument("--email")
        command.add_argument("--phone")
        if name == "erase":
            command.add_argument("--yes", action="store_true", help="really: nobody can undo it")
    report = _data(data, "report", "print how far an erasure is, and what remains elsewhere",
                   privacy.report_erasure)  # fmt: skip
    report.add_argument("erasure", metavar="ID")
    retain = _data(data, "retain", "print, or set, how long data is kept", privacy.retain)
    for name in ("transcripts", "payloads"):
        retain.add_argument(f"--{name}", metavar="DAYS", help="a number; `all` sets no time")
    retain.add_argument("--yes", action="store_true", help="even where that deletes something")


def _people(nouns: Parsers) -> None:
    key = _noun(nouns, "key", "API keys")
    create = _data(key, "create", "make an API key, shown this once", resources.create_key)
    create.add_argument("name")
    create.add_argument("--role", default="admin", help="owner, admin, agent or viewer (admin)")
    user = _noun(nouns, "user", "teammates")
    add = _data(user, "add", "add a teammate", resources.add_user)
    add.add_argument("email")
    add.add_argument("--role", required=True, help="owner, admin, agent or viewer")
    add.add_argument("--name", help="how people call them")
    add.add_argument("--password-stdin", action="store_true", help="read their password's line")
    link = _data(user, "link", "make a link that sets a password, once", resources.make_link)
    link.add_argument("email")


def _noun(nouns: Parsers, name: str, text: str) -> Parsers:
    made = nouns.add_parser(name, help=text, description=text.capitalize() + ".")
    return made.add_subparsers(metavar="COMMAND", required=True)


def _command(
    nouns: Parsers, name: str, text: str, run: Callable[[argparse.Namespace], int | None]
) -> argparse.ArgumentParser:
    made = nouns.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    made.set_defaults(run=run)
    return made


def _data(
    nouns: Parsers, name: str, text: str, run: Callable[[argparse.Namespace], int | None]
) -> argparse.ArgumentParser:
    made = _command(nouns, name, text, run)
    made.add_argument("--workspace", default=DEFAULT, metavar="SLUG", help=f"default: {DEFAULT}")
    made.add_argument("--json", action="store_true", help="print JSON, as it does anyway")
    return made


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text[:6]) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return int(text)
