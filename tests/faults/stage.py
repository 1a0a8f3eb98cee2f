"""A town whose processes are lives: begun in milliseconds, killed, and buried."""

import hashlib
import hmac
import json
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import requests

from connectors import registry
from hub import admin
from tests.e2e.desks import Desk, HelpDesk, Outside
from tests.e2e.town import KEYS, PATIENCE, Town, eventually
from tests.faults.lives import Life, Zygote

VENDORS = [name for name in registry.names() if name != "live_chat"]
ANOTHER_KEY = "another:YW5hbmFuYW5hbmFuYW5hbmFuYW5hbmFuYW5hbmFuYW4="
DIES_WITHIN = 60.0  # seconds until somebody must have died at a line
# A day's calls are spent after an hour of this; then the hub would wait for midnight.
ALLOWANCES = {
    "hubspot": "calls_per_day",
    "salesforce": "calls_per_day",
    "zoho_desk": "credits_per_day",
}

Source = Mapping[str, str]


class Acknowledged:
    """Every acknowledged event, in a file that reaches the disk before anybody goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def add(self, facts: Mapping[str, Any]) -> None:
        """Write one down."""
        with self.lock:
            os.write(self.file, json.dumps(facts).encode() + b"\n")
            os.fsync(self.file)

    def size(self) -> int:
        """How many were acknowledged so far."""
        return self.path.read_bytes().count(b"\n")

    def all(self) -> list[dict[str, Any]]:
        """What was acknowledged so far."""
        return self.since(0)[0]

    def since(self, start: int) -> tuple[list[dict[str, Any]], int]:
        """What was acknowledged behind the byte `start`, and where that ends."""
        with open(self.path, "rb") as file:
            file.seek(start)
            told = file.read()
        whole = told[: told.rfind(b"\n") + 1]
        return [json.loads(line) for line in whole.splitlines()], start + len(whole)


class Stage(Town):
    """A hub whose processes can be killed anywhere."""

    def __init__(self, database_url: str, sandbox: str, folder: Path) -> None:
        super().__init__(database_url, sandbox, folder)
        self.control = sandbox  # where the desks' ledger is read, past whatever stands before them
        self.environ["HUB_KEYS"] = f"{KEYS},{ANOTHER_KEY}"
        self.acknowledged = Acknowledged(folder / "acknowledged")
        self.zygote = Zygote(self.environ, folder / "worker.log")
        self.sources: dict[str, Source] = {}  # more platforms, by name
        self.owed: list[tuple[Source, bytes, dict[str, Any]]] = []  # posted, not acknowledged
        self.takeovers: Counter[str] = Counter()  # asked for by teammates, by conversation

    def open(self) -> None:
        """A source, a subscriber, web, and every desk."""
        self.set_up()
        with self.house.store.transaction() as tx:
            self.neighbour = admin.add_workspace(tx, self.house, "neighbour", "Neighbour")
        self.begin_web()
        self.desks: dict[str, Desk] = {"live_chat": HelpDesk(self)}
        outside = {name: Outside(self, self.connect(name)) for name in VENDORS}
        for name, allowance in ALLOWANCES.items():
            outside[name].harness.set(**{allowance: 1e9})
        self.desks |= outside

    def begin(self, role: str, *crashes: str, **environ: str) -> Life:
        """A process of the hub that dies at the first of these lines."""
        return self.zygote.begin(role, ",".join(crashes), environ)

    def begin_web(self, *crashes: str) -> None:
        """Web, in place of the one before, whose processes die at these lines; they come again."""
        if "web" in self.processes:
            self.stop("web")
        self.start("web", **({"HUB_CRASH": ",".join(crashes)} if crashes else {}))

    def web_workers(self) -> list[psutil.Process]:
        """The processes that answer, below gunicorn."""
        return psutil.Process(self.processes["web"].pid).children()

    def deaths(self) -> list[str]:
        """Where processes have died, in their last words."""
        logs = (self.folder / "worker.log").read_text() + (self.folder / "web.log").read_text()
        return re.findall("^crash: (.+)$", logs, re.M)

    def at_work(self) -> int:
        """How many workers and clocks have begun to work."""
        log = (self.folder / "worker.log").read_text()
        return log.count('"worker.started"') + log.count('"clock.leads"')

    def last_words(self) -> str:
        """The last traceback of a worker or a clock."""
        log = (self.folder / "worker.log").read_text()
        return log[log.rfind("Traceback") :][:6000]

    def struck(self) -> set[str]:
        """The lines that have had a victim."""
        return set(self.deaths())

    def bury(self, *lives: Life) -> None:
        """The queue notices at once who is dead, and not after 12 seconds."""
        with self.house.store.transaction() as tx:
            tx.run(
                "update pgqueuer set heartbeat = now() - interval '1 h' where status = 'picked'"
                " and queue_manager_id = any(:dead ::uuid[])",
                dead=[life.owner for life in lives],
            )

    def add_source(self, name: str) -> None:
        """One more platform."""
        self.sources[name] = admin.add_source(self.house, self.workspace, name, "bookbag")

    def api(self, method: str, path: str, **body: Any) -> Any:
        """`Town.api`, remembering who is asked for, whether there is an answer or not."""
        if path.endswith("/takeover"):
            self.takeovers[path.split("/")[2]] += 1
        return super().api(method, path, **body)

    def say(self, event: str, **data: Any) -> requests.Response:
        """What the platform posts, until it is acknowledged; then it is written down."""
        answer = self.post_until(self.source, body_of(event, data))
        self.write_down(answer, event, data)
        return answer

    def post_until(self, source: Source, body: bytes) -> requests.Response:
        """The answer to a body that is posted until there is one."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(requests.ConnectionError):
                answer = signed(source, body)
                if answer.status_code not in (429, 503):
                    return answer
            time.sleep(0.05)
        raise AssertionError(f"nobody acknowledges {body[:60]!r}")

    def write_down(self, answer: requests.Response, event: str, data: Mapping[str, Any]) -> None:
        """An acknowledged event."""
        assert answer.status_code == 202, (answer.status_code, answer.text)
        for one in [*answer.json()["accepted"], *answer.json()["duplicates"]]:
            text = data.get("message", {}).get("content")
            chat, desk = data["conversationId"], data.get("target")
            told = {"event": event, "conversation": chat, "desk": desk, "text": text}
            self.acknowledged.add(one | told)

    def finish(self, seconds: float = 120.0) -> None:
        """A worker that lives works off all that waits; time passes for what waits for time."""
        life = self.begin("worker")
        try:
            eventually(lambda: self.done() or not life.alive, "no job is left", seconds)
            assert life.alive, f"the worker died ({life.code}) with nobody killing it"
        finally:
            life.kill()

    def leases_are_over(self) -> None:
        """A minute is over for who waits until a dead process has renewed a token."""
        with self.house.store.transaction() as tx:
            tx.run("update connections set renewing_until = null")

    def waits_no_longer(self) -> None:
        """Five minutes are over for whoever waits for a desk's search, or for the customer."""
        with self.house.store.transaction() as tx:
            tx.run(
                "with due as (update pgqueuer q set execute_after = now() from tickets t"
                " where q.status = 'queued' and q.execute_after > now()"
                " and q.payload = convert_to('catch_up:' || t.id, 'UTF8') returning t.id)"
                " update entries set sent_at = sent_at - interval '5 min' from due"
                " where ticket_id = due.id and kind = 'message'"
            )
            tx.run(
                "with due as (update pgqueuer q set execute_after = now() from escalations e"
                " where q.status = 'queued' and q.execute_after > now()"
                " and q.payload = convert_to('escalate:' || e.id, 'UTF8')"
                " and e.create_started_at is not null returning e.id)"
                " update escalations set create_started_at = create_started_at - interval '5 min'"
                " from due where due.id = escalations.id"
            )

    def done(self) -> bool:
        """True when no job is left, however much time has to pass for it."""
        self.waits_no_longer()
        return self.idle()

    def close(self) -> None:
        """Stop everything, whatever failed."""
        self.zygote.close()
        super().close()

    def left_behind(self) -> Sequence[int]:
        """Our processes that live still."""
        return left_behind(self.folder)


def body_of(event: str, data: Mapping[str, Any]) -> bytes:
    """An event as the bot platform words it."""
    return json.dumps({"event": event, "data": data, "ts": int(time.time() * 1000)}).encode()


def signed(source: Source, body: bytes) -> requests.Response:
    """A signed body to a source's URL, answered or not."""
    signature = hmac.new(source["secret"].encode(), body, hashlib.sha256).hexdigest()
    return requests.post(
        source["url"], data=body, timeout=20,
        headers={"X-Bookbag-Signature": f"sha256={signature}", "Content-Type": "application/json"},
    )  # fmt: skip


def left_behind(folder: Path) -> Sequence[int]:
    """The processes, other than this one, that work in a town's folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("HUB_DATA_DIR") == str(folder):
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return [pid for pid in found if pid != os.getpid()]


@contextmanager
def standing(
    database_url: str, sandbox: str, folder: Path, control: str | None = None
) -> Iterator[Stage]:
    """A stage that is set up, whose web answers; `control` when a proxy is before the desks."""
    built = Stage(database_url, sandbox, folder)
    built.control = control or sandbox
    try:
        built.open()
        yield built
    finally:
        built.close()
    assert left_behind(folder) == [], "processes of the town live still"
