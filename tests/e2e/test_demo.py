"""`python -m hub demo` against running processes and all sandbox desks."""

import re
import subprocess
import sys

import requests

from tests.e2e.town import ROOT, Town

DESKS = {
    "freshdesk", "help_scout", "hubspot", "intercom", "live_chat", "salesforce", "zendesk",
    "zoho_desk",
}  # fmt: skip


def demo(town: Town, *words: str) -> subprocess.CompletedProcess[str]:
    for name in {"web", "worker", "clock"} - town.processes.keys():
        town.start(name)
    return subprocess.run(
        [sys.executable, "-m", "hub", "demo", *words],
        env=town.environ | {"PYTHONUTF8": "1"}, cwd=ROOT, capture_output=True, encoding="utf-8",
    )  # fmt: skip


def test_a_conversation_goes_to_every_desk_and_comes_back(town: Town) -> None:
    told = demo(town)
    assert told.returncode == 0, told.stdout + told.stderr
    for step in ("accepted", "ticket", "replied", "solved", "AI back"):
        desks = re.findall(rf"^ +\d+\.\d\d s  (\w+) +{step}\b", told.stdout, re.MULTILINE)
        assert sorted(desks) == sorted(DESKS), step
    assert told.stdout.splitlines()[-1].startswith("Done: 8 of 8 are back with the AI.")
    assert "\x1b" not in told.stdout


def test_a_conversation_that_does_not_arrive_is_told_and_makes_the_exit_code_1(town: Town) -> None:
    fault = {"desk": "zendesk", "mode": "refuse", "status": 422, "rate": 1}
    town.start("web")  # so that the demo's connections can be made before the fault
    assert demo_accounts(town) == 0
    requests.post(f"{town.sandbox}/_faults", json=fault, timeout=10).raise_for_status()
    told = demo(town, "--once")
    assert told.returncode == 1
    assert re.search(r"^zendesk: parked: ", told.stdout, re.MULTILINE), told.stdout + told.stderr
    assert told.stdout.splitlines()[-1] == "1 of 1 did not arrive."


def demo_accounts(town: Town) -> int:
    code = "from hub import house; from hub.demo_accounts import prepare; prepare(house.build())"
    return subprocess.run([sys.executable, "-c", code], env=town.environ, cwd=ROOT).returncode
