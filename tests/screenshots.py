"""`python -m tests.screenshots FOLDER`: every page of the console as pictures, to look at.

    FOLDER/NAME-light-1280.png, -dark-1280, -light-360, -dark-360
    --readme             docs/ticket.webp and docs/overview.webp, for the README

It starts a hub with sandbox desks of its own, lets the demo and a few more customers in,
signs in as the demo's owner and opens each page that the application's map has.
"""

import argparse
import base64
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import requests
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from hub import admin, demo, demo_accounts, settings
from hub import house as houses
from hub.app import create_app
from hub.demo import Hub
from hub.demo_accounts import EMAIL
from hub.house import House
from hub.playground import Platform
from hub.samples import SAMPLES
from tests.console.conftest import CHROMIUM
from tests.console.pages import addresses, is_page
from tests.e2e.town import ROOT, eventually, free_port

SIZES = {"1280": {"width": 1280, "height": 800}, "360": {"width": 360, "height": 740}}
SCHEMES = ("light", "dark")
README = {"ticket": ("conversations.one",), "overview": ("overview.index", "conversations.index")}
NOTE = "Both charges are booked, I have seen the statement. Refunding the second one."
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
    with tempfile.TemporaryDirectory() as data, running(Path(data)) as (house, hub):
        pages = furnish(house, hub)
        with sync_playwright() as started:
            browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            if args.folder:
                args.folder.mkdir(parents=True, exist_ok=True)
                wanted = {n: p for n, p in pages.items() if n.startswith(args.only)}
                take_all(browser, hub, wanted, args.folder)
            if args.readme:
                take_for_the_readme(browser, hub, pages)
            browser.close()


@contextmanager
def running(data: Path) -> Iterator[tuple[House, Hub]]:
    """A hub with sandbox desks, after the demo has sent a conversation to each of them."""
    os.chmod(data, 0o711)  # the database's account must pass
    port = free_port()
    environ = os.environ | {"HUB_DATA_DIR": str(data), "PORT": str(port), "WEB_CONCURRENCY": "1"}
    log = (data / "up.log").open("wb")
    hub = subprocess.Popen(
        [sys.executable, "-m", "hub", "up", "--sandbox", "--port", str(port)],
        env=environ, cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    try:
        eventually(lambda: (data / settings.WORD).exists(), "the hub is up")
        Hub(f"http://127.0.0.1:{port}").wait_until_ready(say=False)
        subprocess.run(
            [sys.executable, "-m", "hub", "demo"], env=environ, cwd=ROOT, check=True, stdout=log
        )
        house = houses.build(settings.read(settings.beside(environ)))
        accounts = demo_accounts.prepare(house)
        yield house, replace(Hub(house.settings.public_url), accounts=accounts)
        house.close()
    finally:
        os.killpg(hub.pid, signal.SIGTERM)
        hub.wait(timeout=60)
        log.close()


def furnish(house: House, hub: Hub) -> dict[str, str]:
    """Customers who wait and one who is answered, a team with hours; every page's address."""
    with house.store.transaction() as tx:
        where = str(admin.workspace(tx, "default")["id"])
        for email, name, week in (
            ("ann@example.com", "Ann Agent", dict.fromkeys(("mon", "tue", "wed"), "09:00-17:30")),
            ("bo@example.com", "Bo Nightingale", {"fri": "22:00-06:00", "sat": "22:00-06:00"}),
        ):
            user = admin.add_user(tx, where, email, name, "agent", None)
            admin.set_hours(tx, where, user, admin.read_week(week), "Europe/Berlin")
        first = (tx.now + timedelta(days=30)).date()
        admin.add_days_off(tx, where, user, first, first + timedelta(days=6))
        admin.add_route(tx, where, ["Zendesk (sandbox)", "Help Desk"], "language = de")
    admin.add_subscriber(house, where, "http://127.0.0.1:1024/hook")
    _parked(hub)
    platform = Platform(house, where)
    begun = platform.begin("en")
    with house.store.transaction() as tx:
        chat = tx.one("select * from conversations where id = :id", id=begun)
    platform.say(chat, "Where is my parcel 4711?")
    platform.say(chat, "A human, please.")
    for n in (3, 4):
        hub.escalate(SAMPLES[n], f"waiting-{n}", demo.NATIVE)
    _answered(hub)
    _erased(hub, house, where)
    with house.store.transaction() as tx:
        return addresses(create_app(house), tx, where)


def _erased(hub: Hub, house: House, where: str) -> None:
    """A customer whose ticket is solved, and who asked to be erased."""
    with house.store.transaction() as tx:
        ticket = tx.one(
            "select t.conversation_id, c.external_id from tickets t join conversations"
            " c on c.id = t.conversation_id where t.desk <> 'live_chat' limit 1"
        )
    hub.call("POST", f"/v1/conversations/{ticket['conversation_id']}/resume")
    with house.store.transaction() as tx:
        wanted = admin.customer(id=ticket["external_id"])
        admin.erase_customer(tx, where, wanted, actor=f"user:{EMAIL}")


def _parked(hub: Hub) -> None:
    """A desk refuses a ticket."""
    host, _, port = hub.url.rpartition(":")
    sandbox = f"{host}:{int(port) + 1}"
    fault = {"desk": "zendesk", "mode": "refuse", "status": 422, "rate": 1}
    requests.post(f"{sandbox}/_faults", json=fault, timeout=10).raise_for_status()
    parked = hub.escalate(SAMPLES[7], "parked-1", "zendesk")
    eventually(lambda: hub.escalation(parked)["state"] == "parked", "it is parked")
    requests.delete(f"{sandbox}/_faults", timeout=10).raise_for_status()


def _answered(hub: Hub) -> None:
    """A native ticket with a reply and a note."""
    escalation = hub.escalate(SAMPLES[1], "answered-1", demo.NATIVE)
    place = f"/v1/conversations/{hub.escalation(escalation)['conversation_id']}"
    eventually(lambda: hub.call("GET", place)["waiting"], "it waits")
    hub.call("POST", f"{place}/takeover", user=EMAIL)
    eventually(lambda: hub.escalation(escalation)["ticket"], "it has a ticket")
    for role, text in (("note", NOTE), ("agent", SAMPLES[1].reply)):
        hub.call("POST", f"{place}/messages", role=role, text=text, name="Ann Agent")
    said = f"{place}/messages"
    eventually(lambda: hub.call("GET", said)["data"][-1]["author"]["role"] == "agent", "it is said")


def take_all(browser: Browser, hub: Hub, pages: dict[str, str], folder: Path) -> None:
    """Each page in both colours and both widths."""
    for scheme in SCHEMES:
        for width in SIZES:
            context = signed_in(browser, hub, scheme, width)
            for name, path in pages.items():
                picture = shot(hub, context, path, full=True)
                if picture is not None:
                    target = folder / f"{name}-{scheme}-{width}.png"
                    target.write_bytes(picture)
                    print(target, flush=True)
            context.close()


def take_for_the_readme(browser: Browser, hub: Hub, pages: dict[str, str]) -> None:
    """Two small ones."""
    context = signed_in(browser, hub, "light", "1280")
    for name, endpoints in README.items():
        path = next(pages[endpoint] for endpoint in endpoints if endpoint in pages)
        picture = shot(hub, context, path, full=False)
        assert picture is not None
        tab = context.new_page()
        coded = tab.evaluate(SMALLER, base64.b64encode(picture).decode())
        tab.close()
        target = ROOT / "docs" / f"{name}.webp"
        target.write_bytes(base64.b64decode(coded))
        print(f"{target.relative_to(ROOT)} ({target.stat().st_size // 1024} KB)")
    context.close()


def signed_in(browser: Browser, hub: Hub, scheme: str, width: str) -> BrowserContext:
    """The demo's owner at a screen."""
    assert hub.accounts is not None
    context = browser.new_context(
        base_url=hub.url,
        viewport=SIZES[width],  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    tab = context.new_page()
    tab.goto("/sign-in")
    tab.get_by_label("E-mail").fill(EMAIL)
    tab.get_by_label("Password").fill(hub.accounts.password)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    tab.wait_for_url("**/")
    tab.close()
    return context


def shot(hub: Hub, context: BrowserContext, path: str, *, full: bool) -> bytes | None:
    """The page's picture; None for what is no page."""
    cookies = {c["name"]: c["value"] for c in context.cookies()}
    if not is_page(hub.url + path, cookies):
        return None
    tab = context.new_page()
    tab.goto(path, wait_until="load")
    picture = tab.screenshot(full_page=full)
    tab.close()
    return picture


if __name__ == "__main__":
    main()
