"""The sandbox of each desk: its page for agents, its ledger, its faults."""

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.base import Connector
from connectors.sandbox import Faults
from tests.contract.desk import Desk, draft, eventually, message

ROOT = Path(__file__).parents[2]
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def ask(desk: Desk, path: str, **how: Any) -> requests.Response:
    answer = requests.get(f"{desk.harness.base_url}{path}", timeout=10, **how)
    assert answer.ok, answer.text
    return answer


def test_the_desk_tells_its_demo_accounts(by_http: Desk) -> None:
    (shown,) = ask(by_http, "/_desks").json()["data"]
    assert by_http.harness.config in [account["config"] for account in shown["accounts"]]
    for account in shown["accounts"]:
        by_http.kind.Config(**account["config"])


def test_the_agents_page_needs_no_script_and_allows_none(
    by_http: Desk, connector: Connector
) -> None:
    ticket = connector.create_ticket(draft(EVIL, subject=EVIL))
    connector.append_message(ticket.id, message(EVIL, name=EVIL))
    for path in ("/", f"/{by_http.name}/", f"/{by_http.name}/_agent/{ticket.id}"):
        answer = ask(by_http, path)
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "<script" not in answer.text and "<img" not in answer.text


def test_an_agent_can_work_with_the_page_alone(by_http: Desk, connector: Connector) -> None:
    ticket = connector.create_ticket(draft())
    url = f"{by_http.harness.base_url}/{by_http.name}/_agent/{ticket.id}"
    words = {"reply": "To the customer", "note": "Among us"}
    for do, text in words.items():
        assert requests.post(url, data={"do": do, "text": text}, timeout=10).ok
    status = list(by_http.harness.words)[-2]
    requests.post(url, data={"do": "status", "value": status}, timeout=10)
    case = by_http.harness.read(ticket.id)
    assert [(e.text, e.public) for e in case.entries[-2:]] == [
        ("To the customer", True),
        ("Among us", False),
    ]
    assert case.status == status
    shown = requests.get(url, timeout=10).text
    assert "internal note" in shown and "Among us" in shown


def test_a_form_on_another_site_cannot_act(by_http: Desk, connector: Connector) -> None:
    ticket = connector.create_ticket(draft())
    url = f"{by_http.harness.base_url}/{by_http.name}/_agent/{ticket.id}"
    form, elsewhere = {"do": "delete", "value": "x"}, {"Origin": "https://evil.example"}
    assert requests.post(url, data=form, headers=elsewhere, timeout=10).status_code == 403
    assert connector.read_ticket(ticket.id).id == ticket.id


def test_the_link_of_a_ticket_leads_to_its_page(by_http: Desk, connector: Connector) -> None:
    ticket = connector.create_ticket(draft(subject="A subject to look for"))
    answer = requests.get(ticket.url, timeout=10)
    assert answer.ok and "A subject to look for" in answer.text


def test_one_connection_serves_many_requests(by_http: Desk) -> None:
    with requests.Session() as session:
        sockets = set()
        for _ in range(5):
            answer = session.get(f"{by_http.harness.base_url}/_faults", stream=True, timeout=10)
            sockets.add(answer.raw._connection.sock.getsockname())
            answer.content  # noqa: B018 - read to the end, so that the socket is free again
    assert len(sockets) == 1


def test_the_ledger_goes_on_where_one_stopped(by_http: Desk, connector: Connector) -> None:
    connector.create_ticket(draft())
    first = by_http.harness.ledger()
    assert ask(by_http, "/_ledger?desk=&after=&call=").json()["data"] == first
    connector.create_ticket(draft())
    later = by_http.harness.ledger(after=first[-1]["seq"])
    assert [e["call"] for e in later].count("create_ticket") == 1
    assert all(entry["desk"] == by_http.name and entry["at"] for entry in later)


def test_the_ledger_keeps_a_texts_hash(by_http: Desk, connector: Connector) -> None:
    ticket = connector.create_ticket(draft())
    connector.append_message(ticket.id, message("x" * 300))
    (entry,) = by_http.harness.ledger(call="append_message")[-1:]
    assert len(entry["text"]) == 200 and "x" * 150 in entry["text"]  # after "Customer wrote:"
    assert entry["length"] >= 300 and len(entry["sha256"]) == 64
    assert entry["ticket_id"] == ticket.id and entry["author"]


@pytest.mark.parametrize(
    "wish", [{"mode": "no such"}, {"mode": "hang", "rate": 2}, {"mode": "hang", "odd": 1}, {}]
)
def test_a_fault_that_cannot_be_is_refused(by_http: Desk, wish: dict[str, Any]) -> None:
    told = requests.post(f"{by_http.harness.base_url}/_faults", json=wish, timeout=10)
    assert told.status_code == 422


def test_faults_end_when_they_are_cleared(by_http: Desk, connector: Connector) -> None:
    by_http.harness.fault("server_error")
    where = f"{by_http.harness.base_url}/_faults"
    assert len(requests.get(where, timeout=10).json()["data"]) == 1
    assert requests.delete(where, timeout=10).json() == {"data": []}
    assert connector.create_ticket(draft()).id


def test_a_seed_repeats_the_same_faults() -> None:
    def drawn(seed: int) -> list[int]:
        faults = Faults(seed)
        faults.add(faults.make({"mode": "server_error", "rate": 0.3}))
        return [len(faults.strike("any", "GET", "/", ())[0]) for _ in range(200)]

    assert drawn(7) == drawn(7) != drawn(8)
    assert 30 < sum(drawn(7)) < 90


def test_the_server_stops_when_asked() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = f"from connectors.sandbox import serve; serve({port})"

    def answers() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/_desks", timeout=10).ok
        except requests.ConnectionError:
            return False

    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as process:
        eventually(answers, "an answer")
        process.terminate()
        assert process.wait(30) == 0
