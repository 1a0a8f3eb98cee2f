"""`python -m connectors.new NAME`: a new desk from `connectors/_template`, ready to be written.

Its sandbox runs at once; its calls are to be written, and the contract's tests say which.
"""

import argparse
import ast
import keyword
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors import registry

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "connectors" / "_template"
LONGEST = 30  # characters of a name: then every line made with it stays below 100
ELSEWHERE = ("mapping.yaml", "package.toml", "test_sandbox.py")  # not in the desk's own folder


class Refused(Exception):
    """The desk cannot be made, and why."""


@dataclass(frozen=True)
class Desk:
    """What a new desk is called: `help_scout`, "Help Scout", in the package `package`."""

    name: str
    title: str
    package: str

    def fill(self, text: str) -> str:
        """A file of the template with this desk's names."""
        dashed = self.name.replace("_", "-")
        names = {
            "connectors._template": self.package,
            "hub_new_desk": self.package,
            "hub-new-desk": f"hub-{dashed}",
            "new_desk": self.name,
            "NewDesk": _class(self.name),
            "New Desk": self.title,
        }
        for old, new in names.items():
            text = text.replace(old, new)
        return text


def main() -> int:
    """Make the desk that the command line names, and say what is next; 2 when it cannot be."""
    args = _arguments()
    try:
        made = make(args.name, title=args.title, outside=args.package)
    except Refused as why:
        print(f"Nothing was made: {why}.", file=sys.stderr)
        return 2
    print("Made:", *(f"  {path}" for path in made), sep="\n")
    print(_next(args.name, args.package))
    return 0


def make(
    name: str, *, title: str | None = None, outside: Path | None = None, root: Path = ROOT
) -> list[Path]:
    """Write a new desk's files below `root`, or as a package in the folder `outside`; their paths.

    Raises `Refused`, and then nothing was written.
    """
    _check_name(name, root)
    package = f"connectors.{name}" if outside is None else f"hub_{name}"
    desk = Desk(name, title or name.replace("_", " ").title(), package)
    _check_title(desk.title)
    places = _inside(desk, root) if outside is None else _package(desk, outside)
    files = {path: _ordered(desk.fill(text), path) for path, text in places.items()}
    _check_free(files)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return [path.relative_to(root) if outside is None else path for path in files]


def _inside(desk: Desk, root: Path) -> Mapping[Path, str]:
    """Every file of a desk in this project, with its template."""
    folder, tests = root / "connectors" / desk.name, root / "tests" / "desks" / desk.name
    return {
        **_own(folder),
        root / "mappings" / "defaults" / f"{desk.name}.yaml": _template("mapping.yaml"),
        tests / "__init__.py": "",
        tests / "test_sandbox.py": _template("test_sandbox.py"),
    }


def _package(desk: Desk, folder: Path) -> Mapping[Path, str]:
    """Every file of a desk that is a package of its own, with its template."""
    return {
        **_own(folder / desk.package),
        folder / desk.package / "mapping.yaml": _template("mapping.yaml"),
        folder / "tests" / "test_sandbox.py": _template("test_sandbox.py"),
        folder / "pyproject.toml": _template("package.toml"),
    }


def _own(folder: Path) -> dict[Path, str]:
    own = (path for path in sorted(TEMPLATE.iterdir()) if path.is_file())
    return {folder / p.name: _template(p.name) for p in own if p.name not in ELSEWHERE}


def _template(name: str) -> str:
    return (TEMPLATE / name).read_text("utf-8")


def _check_name(name: str, root: Path) -> None:
    if not registry.NAME.fullmatch(name) or len(name) > LONGEST or keyword.iskeyword(name):
        words = f"a name is lower-case words of letters and digits joined by _, at most {LONGEST}"
        raise Refused(f"{name!r} cannot be a desk's name; {words} characters, as help_scout")
    if (root / "connectors" / f"{name}.py").exists():
        raise Refused(f"connectors/{name}.py is a module that all desks share; take another name")
    if _class(name) in _imported(_template("connector.py")):
        raise Refused(f"its class would be {_class(name)}, which is taken; try {name}_desk")
    if name in registry.names():
        raise Refused(f"there is a desk called {name} already, in {registry.home(name)}")


def _class(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _imported(code: str) -> set[str]:
    """The names that a module imports."""
    nodes = [node for node in ast.parse(code).body if isinstance(node, ast.ImportFrom)]
    return {alias.name for node in nodes for alias in node.names}


def _check_title(title: str) -> None:
    if len(title) > LONGEST or not re.fullmatch(r"\w[\w .-]*", title):
        raise Refused(f"the title {title!r} is not 1 to {LONGEST} letters, digits, spaces, . or -")


def _check_free(files: Mapping[Path, str]) -> None:
    for path in files:
        if path.exists():
            raise Refused(f"{path} exists; remove it, or take another name")


def _ordered(text: str, path: Path) -> str:
    """Python with its imports of ours in order, since the desk's name decides where it stands."""
    nodes = ast.parse(text).body if path.suffix == ".py" else []
    ours = [node for node in nodes if isinstance(node, ast.ImportFrom) and _ours(node.module)]
    if not ours:
        return text
    lines = text.splitlines(keepends=True)
    blocks = {str(node.module): lines[node.lineno - 1 : node.end_lineno] for node in ours}
    block = [line for module in sorted(blocks) for line in blocks[module]]
    return "".join([*lines[: ours[0].lineno - 1], *block, *lines[ours[-1].end_lineno :]])


def _ours(module: str | None) -> bool:
    return str(module).startswith(("connectors", "hub_"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m connectors.new",
        description="Make a new desk from the template. docs/add-a-connector.md is the way on.",
    )
    parser.add_argument("name", help="lower-case words joined by _, as help_scout")
    parser.add_argument("--title", help='how people call it, as "Help Scout"')
    parser.add_argument(
        "--package", type=Path, metavar="FOLDER", help="as a package of its own, in a new FOLDER"
    )
    return parser.parse_args()


def _next(name: str, outside: Path | None) -> str:
    install = f"  python -m pip install -e {outside}   (then the hub finds it)\n" if outside else ""
    return (
        f"Next:\n{install}"
        f"  python -m hub sandbox               it runs: http://127.0.0.1:8001/{name}/\n"
        f"  python -m pytest tests/contract -k {name}   what to write, in order\n"
        "  docs/add-a-connector.md             the way, step by step"
    )


if __name__ == "__main__":
    sys.exit(main())
