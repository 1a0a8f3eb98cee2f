"""A whole hub as outsiders see it: processes, commands and HTTP; and everyone around it."""

import hashlib
import hmac
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import requests
from standardwebhooks import Webhook

from connectors.sandbox import Harness
from hub import admin, settings
from hub import house as houses
from hub.admin.connecting import MOST_RATE
from hub.child import die_with_parent
from hub.store import Row, connections
from hub.vault import Place

ROOT = Path(__file__).parents[2]
T = TypeVar("T")
PATIENCE = 90.0  # seconds that a step may take on a busy machine
QUICKER = {"zendesk": {"incremental_per_minute": 1000}}  # polled every second, not every 30
KEYS = "test:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(ask: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
    """The first true answer within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


class Subscriber:
    """An endpoint that keeps what it is sent, verified by the reference library."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.secret = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if len(body) < int(self.headers["Content-Length"]):
                    return  # the sender died in the middle of it
                outer.requests.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self, type_: str | None = None) -> list[dict[str, Any]]:
        """The events received so far, each once, its signature checked."""
        verifier = Webhook(self.secret)
        seen: dict[str, dict[str, Any]] = {}
        for headers, body in list(self.requests):
            verifier.verify(body, headers)
            seen.setdefault(headers["webhook-id"], json.loads(body))
        return [e for e in seen.values() if type_ in (None, e["type"])]


class Town:
    """A hub with a bookbag source and a subscriber, whose desks are all connected."""

    def __init__(self, database_url: str, sandbox: str, folder: Path) -> None:
        self.sandbox = sandbox
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.folder = folder
        self.subscriber = Subscriber()
        self.environ = os.environ | {
            "DATABASE_URL": database_url,
            "HUB_KEYS": KEYS,
            "HUB_SECRET_KEY": "a secret of the tests",
            "HUB_PUBLIC_URL": self.url,
            "HUB_SANDBOX_URL": sandbox,
            "HUB_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
            "HUB_DATA_DIR": str(folder),
            "HUB_BIND": "127.0.0.1",
            "HUB_POLL_SECONDS": "1",
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "1",
            "PYTHONPATH": str(ROOT),
        }
        self.house = houses.build(settings.read(self.environ))

    def set_up(self) -> None:
        """What an administrator does by hand."""
        with self.house.store.transaction() as tx:
            self.workspace = admin.add_workspace(tx, self.house, "default", "Default")
            self.key = admin.create_key(tx, self.workspace, "tests", "owner")["key"]
        self.source = admin.add_source(self.house, self.workspace, "bot", "bookbag")
        told = admin.add_subscriber(self.house, self.workspace, self.subscriber.url)
        self.subscriber.secret = told["secret"]

    def connect(self, desk: str) -> Harness:
        """An account at the sandbox's desk, with its webhooks, as fast as the desk allows."""
        where = importlib.import_module(f"connectors.{desk}.sandbox")
        harness: Harness = where.harness(self.sandbox)
        harness.set(**harness.settings, **QUICKER.get(desk, {}))
        made = admin.add_connection(
            self.house, self.workspace, desk, desk, harness.config, rate=MOST_RATE
        )
        if made.steps:
            place = Place(self.workspace, "connections", made.row["id"], "webhook_secret")
            with self.house.store.transaction() as tx:
                row = connections.get(tx, made.row["id"])
            hook = f"{self.url}/webhooks/desks/{row['id']}"
            harness.register(hook, self.house.vault.open(row["webhook_secret"], place))
        return harness

    def start(self, name: str, **environ: str) -> None:
        """Start `web`, `worker` or `clock`, or another such as `web-2`; web is waited for."""
        command, port = name.partition("-")[0], environ.get("PORT", self.port)
        log = open(self.folder / f"{name}.log", "ab")  # noqa: SIM115 - the process keeps it
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", "hub", command],
            env=self.environ | environ, cwd=ROOT, stdout=log, stderr=log, process_group=0,
            preexec_fn=die_with_parent(signal.SIGTERM),  # nobody is left when the tests are killed
        )  # fmt: skip
        if command == "web":
            eventually(lambda: is_ready(f"http://127.0.0.1:{port}"), "web answers")

    def stop(self, name: str) -> None:
        """Kill a process and all that it started, which may live on when it is dead itself."""
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def died(self, name: str) -> bool:
        """True once the process is dead."""
        return self.processes[name].poll() is not None

    def close(self) -> None:
        """Stop everything."""
        for name in list(self.processes):
            self.stop(name)
        self.subscriber.server.shutdown()
        self.house.close()

    def say(self, event: str, web: str | None = None, **data: Any) -> requests.Response:
        """What the bot platform posts, signed; to a certain web where there are several."""
        told = {"event": event, "data": data, "ts": int(time.time() * 1000)}
        return self.post(json.dumps(told).encode(), web)

    def post(self, body: bytes, web: str | None = None) -> requests.Response:
        """A signed body to the source's URL."""
        secret = self.source["secret"].encode()
        signature = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        return requests.post(
            self.source["url"].replace(self.url, web or self.url), data=body, timeout=60,
            headers={"X-Bookbag-Signature": signature, "Content-Type": "application/json"},
        )  # fmt: skip

    def api(self, method: str, path: str, **body: Any) -> Any:
        """The JSON of a REST call."""
        answer = requests.request(
            method, f"{self.url}/v1{path}", json=body or None, timeout=10,
            headers={"Authorization": f"Bearer {self.key}"},
        )  # fmt: skip
        assert answer.status_code < 500, answer.text
        return answer.json()

    def row(self, sql: str, **values: Any) -> Row | None:
        """What stands in the database."""
        with self.house.store.transaction() as tx:
            return tx.first(sql, **values)

    def time_passes(self, escalation_id: str) -> None:
        """Five minutes are over for whoever waits until a desk's search must show the ticket."""
        with self.house.store.transaction() as tx:
            tx.run(
                "update escalations set create_started_at = create_started_at - interval '5 min'"
                " where id = :id",
                id=escalation_id,
            )
            tx.run(
                "update pgqueuer set execute_after = now() where execute_after > now()"
                " and convert_from(payload, 'UTF8') = :job",
                job=f"escalate:{escalation_id}",
            )

    def dead_workers_jobs(self, *, held: bool) -> None:
        """Let the queue believe in the dead worker for now, or notice its death at once."""
        beat = "now() + interval '1 h'" if held else "now() - interval '1 h'"
        with self.house.store.transaction() as tx:
            tx.run(f"update pgqueuer set heartbeat = {beat} where status = 'picked'")

    def idle(self) -> bool:
        """True when no job waits or runs."""
        return self.row("select 1 from pgqueuer where status in ('queued', 'picked')") is None

    def told(self, type_: str, conversation: str) -> list[dict[str, Any]]:
        """What the subscriber heard of a conversation."""
        return [
            event["data"]
            for event in self.subscriber.events(type_)
            if event["data"]["conversation"]["external_id"] == conversation
        ]

    def ticket(self, escalation_id: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """The escalation's ticket, once it has one."""
        return eventually(
            lambda: self.api("GET", f"/escalations/{escalation_id}")["ticket"],
            f"{escalation_id} has its ticket", seconds,
        )  # fmt: skip

    def speaker(self, conversation: str) -> str:
        """Who speaks to the customer."""
        return str(self.api("GET", f"/conversations/{conversation}")["speaker"])


def is_ready(url: str) -> bool:
    """True when a web process answers there, and wants to be asked."""
    try:
        return requests.get(f"{url}/readyz", timeout=2).ok
    except (requests.ConnectionError, requests.Timeout):
        return False


def conversation_name() -> str:
    """A conversation id of the platform's that no other test uses."""
    return f"chat-{uuid.uuid4().hex[:12]}"


TRANSCRIPT = [
    {"role": "user", "content": "Guten Tag, meine Bestellung 4711 ist nie angekommen."},
    {"role": "assistant", "content": "Das tut mir leid. Sie wurde am Montag versandt."},
    {"role": "user", "content": "Ich will mein Geld zurück. Geben Sie mir bitte einen Menschen."},
]
