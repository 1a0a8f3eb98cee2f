"""kill -9 at every line that is named, at every desk; then nothing is lost and nothing doubled."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import registry, sandbox
from hub.telemetry import CRASHPOINTS
from tests.databases import copied
from tests.e2e.town import ROOT
from tests.faults import evidence, invariants, scenes
from tests.faults.performing import Play
from tests.faults.stage import Stage, standing
from tests.hub.stories.file_house import FileHouse

HUB = ROOT / "hub"


@pytest.fixture(scope="module")
def stage(
    server_url: str, template_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("stage")
    with (
        copied(server_url, "hub_stage") as url,
        sandbox.running() as desks,
        standing(url, desks, folder) as built,
    ):
        yield built


@pytest.fixture(scope="module")
def play(stage: Stage) -> Iterator[Play]:
    """Everybody has died at every line, and what was left is worked off."""
    files = FileHouse()
    played = Play(stage, files)
    try:
        played.perform()
        yield played
    finally:
        files.close()


def test_every_line_at_which_a_process_can_die_has_a_name_and_a_scene() -> None:
    calls = [
        node.args[0].value
        for path in HUB.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
        and "crashpoint" in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))
    ]  # fmt: skip
    partly = "intake.acknowledged"  # it happens when the answer is sent
    assert sorted({*calls, partly}) == sorted(CRASHPOINTS)
    assert scenes.missing() == set()
    assert len(CRASHPOINTS) >= 30


def test_after_a_kill_at_every_line_every_invariant_holds(stage: Stage, play: Play) -> None:
    assert {spec.split(":")[0] for spec in stage.struck()} == set(CRASHPOINTS)
    assert invariants.broken(evidence.gather(stage)) == {}


@pytest.mark.parametrize("name", registry.names())
def test_a_desk_has_one_ticket_one_note_and_one_comment(play: Play, name: str) -> None:
    chat = play.chats["escalate.desk_committed", name]
    assert chat.desk.opened(chat.escalation_id) == [chat.ticket]
    assert len(chat.desk.notes(chat.ticket)) == 1
    chat = play.chats["relay.desk_committed", name]
    (comment,) = chat.desk.comments(chat.ticket)
    assert "Hallo?" in comment


def test_a_note_a_further_note_and_a_file_are_at_the_desk_once(play: Play) -> None:
    noted = play.chats["escalate.noted", "zendesk"]
    assert len(noted.desk.notes(noted.ticket)) == 1
    more = play.chats["catch_up.desk_committed", "zendesk"]
    assert len(more.desk.notes(more.ticket)) == 2
    for line in ("files.before_request", "files.desk_committed"):
        chat = play.chats[line, "zendesk"]
        rows = chat.desk.harness.ledger(call="attach")
        assert [r["ticket_id"] for r in rows].count(chat.ticket) == 1, line


def test_what_an_agent_did_while_somebody_died_is_told_once(stage: Stage, play: Play) -> None:
    for line, name in (
        ("webhook.verified", "intercom"), ("webhook.before_commit", "hubspot"),
        ("webhook.committed", "zendesk"), ("hint.read", "freshdesk"),
        ("poll.fetched", "zoho_desk"), ("poll.committed", "salesforce"),
        ("sync.before_commit", "zendesk"),
    ):  # fmt: skip
        chat = play.chats[line, name]
        told = stage.told("message.created", chat.conversation)
        assert [event["message"]["text"] for event in told] == ["Ich sehe nach."], line
    solved = play.chats["handover.before_commit", "zendesk"]
    assert len(stage.told("conversation.resumed", solved.conversation)) == 1
    closed = play.chats["close.desk_committed", "zendesk"]
    assert closed.desk.harness.read(closed.ticket).status == closed.desk.solved
