"""`docs/connectors.md` has what the desks say of themselves; the contract's run does the rest."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from connectors import registry
from tests import docs, grades
from tests.contract.results import Collector


@pytest.mark.parametrize("desk", registry.names())
def test_the_page_has_the_capabilities_of_now(desk: str) -> None:
    can = registry.get(desk).can
    part = grades.PAGE.read_text("utf-8").partition("## Capabilities")[2].partition("## ")[0]
    (row,) = [line for line in part.splitlines() if line.startswith(f"| `{desk}` |")]
    key, lag, notes, file, webhooks, registers, polling, reopens, oauth, calls, rate = row.split(
        " | "
    )[1:]
    said = [cell == "yes" for cell in (key, notes, registers, polling, reopens)]
    assert said == [can.find_by_key, can.notes, can.registers_webhooks, can.polling, can.reopen]
    assert oauth == ("yes" if registry.get(desk).consent else "no")
    assert (lag, webhooks, calls) == (f"{can.find_lag} s", can.webhooks, str(can.concurrency))
    assert file == f"{round(can.attachments / 2**20)} MiB"
    assert re.match(r"\d*", rate)[0] == str(can.rate or "")  # type: ignore[index]


def test_every_vendors_desk_has_a_grade() -> None:
    desks = set(registry.names()) - {"live_chat"}
    assert set(grades.given()) == desks, "run `python -m tests.grades`, then `python -m tests.docs`"
    assert set(grades.given().values()) <= {"bronze", "silver", "gold"}


def test_the_console_shows_the_grades_that_the_page_has() -> None:
    told = docs.GRADES.read_text("utf-8")
    assert told == docs.grades_file(), "run `python -m tests.docs`"


def results(**outcomes: tuple[str, str]) -> dict[str, tuple[str, str]]:
    """A contract that Zendesk kept, but for the given promises."""
    tests = {
        "key": "test_tickets.py::test_the_key_travels_in_the_create[zendesk]",
        "entry": "test_faults.py::test_after_a_lost_answer_the_entry_is_found[zendesk]",
        "faults": "test_faults.py::test_a_slow_desk_is_borne[zendesk]",
        "files": "test_entries.py::test_files_arrive_byte_for_byte[zendesk]",
        "hook": "test_news.py::test_a_status_is_told_in_our_words[webhook-zendesk]",
        "poll": "test_news.py::test_a_status_is_told_in_our_words[poll-zendesk]",
        "hint": "test_polling.py::test_a_ticket_that_is_gone_tells_so[zendesk]",
        "note": "test_entries.py::test_a_note_is_never_public[zendesk]",
        "text": "test_entries.py::test_a_long_message_arrives_whole[zendesk-a]",
        "bytes": "test_signatures.py::test_one_altered_byte_is_refused[zendesk-0]",
        "signed": "test_signatures.py::test_another_secret_is_refused[zendesk]",
        "reopen": "test_tickets.py::test_a_solved_ticket_can_be_reopened[zendesk]",
        "status": "test_tickets.py::test_setting_a_status_twice_is_no_error[zendesk]",
        "earlier": "test_tickets.py::test_previous_tickets_are_the_requesters_own[zendesk]",
        "closed": "test_tickets.py::test_a_deleted_ticket_is_not_found[zendesk]",
        "ticket": "test_tickets.py::test_the_subject_and_requester_arrive[zendesk]",
        "fields": "test_fields.py::test_every_field_has_one_path_and_a_title[zendesk]",
        "account": "test_account.py::test_wrong_credentials_are_told_as_such[zendesk]",
        "ways": "test_ways.py::test_no_call_dials_but_by_the_ways_it_was_given[zendesk]",
        "folder": "test_folder.py::test_secrets_of_the_form_are_hidden[zendesk]",
    }
    return {f"tests/contract/{t}": outcomes.get(n, ("passed", "")) for n, t in tests.items()}


def graded(**outcomes: tuple[str, str]) -> tuple[str, str]:
    return grades.grade("zendesk", grades.promises("zendesk", results(**outcomes)))


def test_a_desk_that_keeps_every_promise_is_gold() -> None:
    assert graded() == ("gold", "")


def test_a_promise_that_no_test_has_shown_costs_the_grade_and_says_why() -> None:
    assert graded(bytes=("skipped", "nothing is signed"))[0] == "silver"
    grade, why = graded(hook=("skipped", "this desk sends no webhooks"))
    assert grade == "bronze" and "news by webhook (this desk sends no webhooks)" in why
    assert graded(poll=("skipped", "no poll"))[0] == "none"


def test_a_broken_promise_costs_the_grade_even_if_another_test_of_it_passed() -> None:
    whole = results() | {
        "tests/contract/test_entries.py::test_a_message_is_public[zendesk]": ("failed", "")
    }
    assert grades.grade("zendesk", grades.promises("zendesk", whole))[0] == "none"


@pytest.fixture(scope="module")
def contract_tests() -> Iterator[list[str]]:
    """The name of every test of the contract, with its file."""
    found = []
    for path in sorted((grades.ROOT / "tests/contract").glob("test_*.py")):
        names = re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
        found += [f"tests/contract/{path.name}::{name}[zendesk]" for name in names]
    yield found


def test_every_test_of_the_contract_belongs_to_a_promise(contract_tests: list[str]) -> None:
    assert [test for test in contract_tests if grades.promise_of(test) is None] == []
    assert len(contract_tests) > 60


def test_a_run_of_the_whole_contract_fails_when_the_page_is_stale(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    page = tmp_path / "connectors.md"
    monkeypatch.setattr(grades, "PAGE", page)
    collector = Collector(request.config)
    monkeypatch.setattr(collector, "_is_whole", lambda: True)
    collector.results = results()
    page.write_text(grades.page(collector.results), "utf-8")
    session = SimpleNamespace(exitstatus=0)
    collector.pytest_sessionfinish(session, 0)  # type: ignore[arg-type]
    assert (session.exitstatus, collector.news) == (0, "")
    collector.results = results(note=("skipped", "this desk has no notes"))
    collector.pytest_sessionfinish(session, 0)  # type: ignore[arg-type]
    assert session.exitstatus == 1
    assert collector.news == "docs/connectors.md is stale: run `python -m tests.grades`."


def test_a_part_of_the_contract_says_nothing_of_the_page(request: pytest.FixtureRequest) -> None:
    collector = Collector(request.config)
    collector.results = {name: one for name, one in results().items() if "test_news" in name}
    assert not collector._is_whole()
