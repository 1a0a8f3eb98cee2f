"""The pages of the documentation, as their tests read them."""

import json
import re
from pathlib import Path
from typing import Any

from tests.docs import ROOT

DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS]
BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def page(name: str) -> str:
    """The text of a page of docs/."""
    return (ROOT / "docs" / name).read_text("utf-8")


def everything() -> str:
    """All pages in one."""
    return "\n".join(path.read_text("utf-8") for path in PAGES)


def blocks(path: Path, language: str) -> list[str]:
    """The code of one language on a page, without the indent of a list."""
    found = BLOCK.findall(path.read_text("utf-8"))
    return [re.sub(r"^   ", "", code, flags=re.M) if code.startswith("   ") else code
            for kind, code in found if kind == language]  # fmt: skip


def first_column(text: str) -> list[str]:
    """What stands in backticks in the first cell of each row of a page's tables."""
    cells = re.findall(r"^\| (`[^|]*`) \|", text, re.MULTILINE)
    return [one for cell in cells for one in re.findall(r"`([^`]+)`", cell)]


def event_examples() -> dict[str, Any]:
    """The examples on the page of events, by their type."""
    found = re.findall(r"^## `([a-z_.]+)`$.*?```json\n(.*?)```", page("events.md"), re.S | re.M)
    return {type_: json.loads(block) for type_, block in found}
