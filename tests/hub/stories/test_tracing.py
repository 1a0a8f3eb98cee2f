"""Traces: whose trace is gone on with, and that whoever wants none imports nothing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import settings
from hub.setting_values import BadSetting
from hub.tracing import Exporting
from tests.e2e.collector import Collector
from tests.hub.stories.house_of_stories import Stories
from tests.hub.stories.test_intake import escalated

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{SPAN}-01"
BROKEN = (
    "",
    "hello",
    GIVEN.upper(),
    f"ff-{TRACE}-{SPAN}-01",
    f"00-{'0' * 32}-{SPAN}-01",
    f"00-{TRACE}-{'0' * 16}-01",
    GIVEN + "-00",
    f"{GIVEN}, {GIVEN}",
)


@pytest.fixture
def collector(zendesk: Stories, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A house whose spans are collected."""
    built = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", built.url)
    zendesk.house.tracing = Exporting()
    yield built
    zendesk.house.tracing.close()
    built.close()


def escalation(stories: Stories, conversation: str, traceparent: str) -> str:
    """Where the trace of an escalation began that a platform told under a `traceparent`."""
    answer = stories.post(escalated(conversation), traceparent=traceparent)
    assert answer.status_code == 202
    told = stories.row(
        "select e.traceparent from escalations e join conversations c on c.id = e.conversation_id"
        " where c.external_id = :name",
        name=conversation,
    )
    return str(told["traceparent"])


def test_the_platforms_trace_is_gone_on_with_and_a_broken_one_is_not(
    zendesk: Stories, collector: Collector
) -> None:
    known = escalation(zendesk, "known", GIVEN)
    assert known.startswith(f"00-{TRACE}-")
    others = [escalation(zendesk, f"chat-{n}", one) for n, one in enumerate(BROKEN)]
    traces = {one.split("-")[1] for one in others}
    assert len(traces) == len(BROKEN)  # each began its own
    assert not traces & {TRACE, "0" * 32}


def test_what_fails_is_told_by_its_class_and_nothing_that_people_wrote(
    zendesk: Stories, collector: Collector
) -> None:
    zendesk.fault("server_error", rate=1, path="/api/v2/tickets")
    zendesk.escalate()
    zendesk.work(limit=1)
    zendesk.house.tracing.close()
    names = {span.name: span for span in collector.spans}
    assert {"intake.ack", "escalate.run", "desk.create_ticket"} <= names.keys()
    assert b"Unavailable" in collector.bytes
    for words in (b"parcel", b"4711", b"Ada", b"example.com"):
        assert words not in collector.bytes


def test_without_the_setting_nothing_of_opentelemetry_is_imported(stories: Stories) -> None:
    stories.escalate()
    assert stories.row("select traceparent from escalations")["traceparent"] is None
    code = "import sys, hub.worker, hub.app; print([m for m in sys.modules if 'opentelem' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_traces_without_the_libraries_are_refused_at_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    endpoint = "http://127.0.0.1:4318"
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "HUB_DATA_DIR": str(tmp_path)}
    assert settings.read(environ).tracing
    monkeypatch.setattr(settings, "find_spec", lambda name: None)
    with pytest.raises(BadSetting, match="requirements/tracing.txt"):
        settings.read(environ)
