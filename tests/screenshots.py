"""`python -m tests.screenshots FOLDER`: every page of the console as pictures, to look at.

    FOLDER/NAME-light-1280.png, -dark-1280, -light-360, -dark-360
    --readme             docs/ticket.webp and docs/overview.webp, for the README

It starts a hub with sandbox desks of its own, lets the demo and a few more customers in
(`tests/showroom.py`), signs in as the demo's owner and opens each page that the application's map
has; then what somebody sees before signing in, and the lists of a workspace without anything.

One customer writes Japanese: without a font for it (Debian: fonts-droid-fallback) the pictures show
boxes.
"""

import argparse
import base64
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from hub.demo_accounts import EMAIL
from tests import showroom
from tests.console.conftest import CHROMIUM
from tests.console.pages import is_page
from tests.e2e.town import ROOT
from tests.showroom import Showroom

SIZES = {"1280": {"width": 1280, "height": 800}, "360": {"width": 360, "height": 740}}
SCHEMES = ("light", "dark")
README = {"ticket": "conversations.one", "overview": "conversations.index"}
# A browser that has the picture can write it smaller than it takes it.
SMALLER = """async (png) => {
  const image = new Image(); image.src = "data:image/png;base64," + png; await image.decode();
  const canvas = Object.assign(document.createElement("canvas"),
    { width: image.width, height: image.height });
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.82).split(",")[1];
}"""


def main() -> None:
    """Write the pictures that are asked for, and say where they are."""
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--readme", action="store_true")
    parser.add_argument("--only", default="", help="endpoints that begin with this")
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as data,
        showroom.running(Path(data)) as hub,
        sync_playwright() as started,
    ):
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        if args.folder:
            args.folder.mkdir(parents=True, exist_ok=True)
            take(browser, hub.url, None, {"sessions.setup": "/setup"}, args.folder)
        room = showroom.furnished(hub, Path(data))
        if args.folder:
            take_all(browser, room, args.folder, args.only)
        if args.readme:
            take_for_the_readme(browser, room)
        browser.close()


def take_all(browser: Browser, room: Showroom, folder: Path, only: str) -> None:
    """Each page of the demo's owner, of a newcomer, and of nobody, if its name begins so."""
    assert room.hub.accounts is not None
    owner = (EMAIL, room.hub.accounts.password)
    newcomer = (showroom.NEWCOMER, showroom.PASSWORD)
    for who, pages in ((owner, room.full), (newcomer, room.empty), (None, room.outside)):
        wanted = {name: path for name, path in pages.items() if name.startswith(only)}
        if wanted:
            take(browser, room.hub.url, who, wanted, folder)


def take(
    browser: Browser,
    url: str,
    who: tuple[str, str] | None,
    pages: Mapping[str, str],
    folder: Path,
) -> None:
    """Pages in both colours and both widths."""
    for scheme in SCHEMES:
        for width in SIZES:
            context = at_a_screen(browser, url, who, scheme, width)
            for name, path in pages.items():
                picture = shot(url, context, path, full=True)
                if picture is not None:
                    target = folder / f"{name}-{scheme}-{width}.png"
                    target.write_bytes(picture)
                    print(target, flush=True)
            context.close()


def take_for_the_readme(browser: Browser, room: Showroom) -> None:
    """Two small ones."""
    assert room.hub.accounts is not None
    url = room.hub.url
    context = at_a_screen(browser, url, (EMAIL, room.hub.accounts.password), "light", "1280")
    for name, endpoint in README.items():
        picture = shot(url, context, room.full[endpoint], full=False)
        assert picture is not None
        tab = context.new_page()
        coded = tab.evaluate(SMALLER, base64.b64encode(picture).decode())
        tab.close()
        target = ROOT / "docs" / f"{name}.webp"
        target.write_bytes(base64.b64decode(coded))
        print(f"{target.relative_to(ROOT)} ({target.stat().st_size // 1024} KB)")
    context.close()


def at_a_screen(
    browser: Browser, url: str, who: tuple[str, str] | None, scheme: str, width: str
) -> BrowserContext:
    """Somebody, signed in unless they are nobody."""
    context = browser.new_context(
        base_url=url,
        viewport=SIZES[width],  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    if who is None:
        return context
    tab = context.new_page()
    tab.goto("/sign-in")
    tab.get_by_label("E-mail").fill(who[0])
    tab.get_by_label("Password").fill(who[1])
    tab.get_by_role("button", name="Sign in", exact=True).click()
    tab.wait_for_url("**/")
    tab.close()
    return context


def shot(url: str, context: BrowserContext, path: str, *, full: bool) -> bytes | None:
    """The page's picture; None for what is no page."""
    cookies = {c["name"]: c["value"] for c in context.cookies()}
    if not is_page(url + path, cookies):
        return None
    tab = context.new_page()
    tab.goto(path, wait_until="load")
    if full:  # what sticks to the window's edge would stand in the middle of the picture
        width, height = tab.evaluate("[innerWidth, document.documentElement.scrollHeight]")
        tab.set_viewport_size({"width": width, "height": height})
    picture = tab.screenshot(full_page=full)
    tab.close()
    return picture


if __name__ == "__main__":
    main()
