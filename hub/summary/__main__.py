"""`python -m hub.summary`: summarise transcripts from standard input.

On a terminal, or with `--text`, as lines to read; else as JSON.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterator
from typing import Any, cast, get_args

from hub.summary import shown
from hub.summary.embedded import summarise
from hub.summary.types import Role, Summary, Turn

EXAMPLE = '{"turns": [{"id": "m1", "role": "customer", "text": "Where is my order?"}]}'
ROLES = get_args(Role)


class BadInput(ValueError):
    """What was read is no transcript; the message names the place."""


def main() -> int:
    """Print a summary for each transcript; 2 when the input is not one, and why on stderr."""
    options = _options()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A lone surrogate in a message id is written as the JSON escape that it came as.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        for name, raw in _documents(options.jsonl):
            turns, language = _transcript(_parsed(raw, name), name)
            _print(summarise(turns, language), turns, options)
    except BadInput as problem:
        print(f"hub.summary: {problem}", file=sys.stderr)
        return 2
    return 0


def _print(told: Summary, turns: list[Turn], options: argparse.Namespace) -> None:
    if options.text or (sys.stdout.isatty() and not (options.json or options.jsonl)):
        numbers = {turn.id: n for n, turn in enumerate(turns, 1)}
        print(told.subject, *shown.lines(told, numbers), sep="\n")
        return
    indent = None if options.jsonl else 2
    print(json.dumps(told.as_dict(), ensure_ascii=False, indent=indent))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m hub.summary",
        description="Summarise a transcript from standard input; no database, no network.",
        epilog=f"Input, role one of {', '.join(ROLES)}: {EXAMPLE}",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON, on a terminal, too")
    form.add_argument("--jsonl", action="store_true", help="one transcript a line, in and out")
    form.add_argument("--text", action="store_true", help="as lines to read")
    return parser.parse_args()


def _documents(jsonl: bool) -> Iterator[tuple[str, bytes]]:
    """Each document with what to call it in an error."""
    if not jsonl:
        yield "standard input", sys.stdin.buffer.read()
        return
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if line.strip():
            yield f"line {number}", line


def _parsed(raw: bytes, name: str) -> Any:
    if not raw.strip():
        raise BadInput(f"{name} is empty; expected {EXAMPLE}")
    try:
        return json.loads(raw)
    except UnicodeDecodeError as error:
        raise BadInput(f"{name} is not UTF-8: {error.reason} at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name} is not JSON: {error}") from error


def _transcript(document: Any, name: str) -> tuple[list[Turn], str | None]:
    if not isinstance(document, dict) or not isinstance(document.get("turns"), list):
        raise BadInput(f"{name} has no list `turns`; expected {EXAMPLE}")
    language = document.get("language")
    if language is not None and not isinstance(language, str):
        raise BadInput(f'{name}: language must be a string such as "de" or null')
    turns = document["turns"]
    return [_turn(turn, f"{name}: turns[{i}]") for i, turn in enumerate(turns)], language


def _turn(raw: Any, name: str) -> Turn:
    if not isinstance(raw, dict):
        raise BadInput(f"{name} must be an object")
    identity, role, text = raw.get("id"), raw.get("role"), raw.get("text")
    if not isinstance(identity, str):
        raise BadInput(f"{name}.id must be a string")
    if role not in ROLES:
        raise BadInput(f"{name}.role must be one of {', '.join(ROLES)}, not {json.dumps(role)}")
    if not isinstance(text, str | None):  # a picture alone has no text
        raise BadInput(f"{name}.text must be a string")
    return Turn(identity, cast(Role, role), text or "")


if __name__ == "__main__":
    sys.exit(main())
