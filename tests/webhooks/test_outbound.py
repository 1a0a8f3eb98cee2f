import random
import socket
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
import requests
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks.conftest import Server
from webhooks import outbound, signing
from webhooks.guard import Guard
from webhooks.outbound import Outcome, Outgoing, deliver, next_attempt
from webhooks.transport import GuardedSession

BODY = b'{"type":"ticket.created"}'
DAY = 86_400


@pytest.fixture(scope="module")
def http() -> GuardedSession:
    return GuardedSession(Guard(allow=[ip_network("127.0.0.0/8")]))


def attempt(server: Server, path: str, http: GuardedSession, timeout: float = 5) -> Outcome:
    return deliver(Outgoing(f"{server.url}/{path}", {}, BODY), http, timeout)


@pytest.mark.parametrize(("path", "status"), [("ok", 200), ("no_content", 204)])
def test_any_2xx_is_delivered(
    subscriber: Server, http: GuardedSession, path: str, status: int
) -> None:
    outcome = attempt(subscriber, path, http)
    assert (outcome.state, outcome.status, outcome.error) == ("delivered", status, None)
    assert 0 < outcome.duration < 5
    assert subscriber.seen[0][2] == BODY


def test_a_subscriber_can_verify_what_arrives(subscriber: Server, http: GuardedSession) -> None:
    secrets = [signing.new_secret(), signing.new_secret()]
    sent_at = int(datetime.now(UTC).timestamp())
    request = outbound.prepare(f"{subscriber.url}/ok", secrets, "msg_1", sent_at, BODY)
    assert deliver(request, http).state == "delivered"
    ((_, headers, body),) = subscriber.seen
    for secret in secrets:
        assert standardwebhooks.Webhook(secret).verify(body, headers) == {"type": "ticket.created"}
    lower = {name.lower(): value for name, value in headers.items()}
    assert lower["content-type"] == "application/json"
    assert lower["user-agent"] == "hub-webhooks/1"
    assert lower["content-length"] == str(len(BODY))


def test_a_redirect_is_a_failure_and_its_answer_is_not_read(
    subscriber: Server, http: GuardedSession
) -> None:
    outcome = attempt(subscriber, "moved", http)
    assert (outcome.state, outcome.status) == ("retry", 301)
    assert outcome.error == "redirects are not followed"
    assert [path for path, *_ in subscriber.seen] == ["/moved"]


def test_410_means_gone(subscriber: Server, http: GuardedSession) -> None:
    outcome = attempt(subscriber, "gone", http)
    assert (outcome.state, outcome.status, outcome.error) == ("gone", 410, "410 unsubscribed")


def test_429_is_retried_when_the_subscriber_says(subscriber: Server, http: GuardedSession) -> None:
    outcome = attempt(subscriber, "busy", http)
    assert (outcome.state, outcome.status, outcome.retry_after) == ("retry", 429, 120)


def test_a_date_in_retry_after_is_seconds_from_the_answer(
    subscriber: Server, http: GuardedSession
) -> None:
    outcome = attempt(subscriber, "busy_until", http)
    expected = (datetime(2099, 11, 22, 10, tzinfo=UTC) - datetime.now(UTC)).total_seconds()
    assert outcome.retry_after == pytest.approx(expected, abs=5)


def test_the_beginning_of_a_failed_answer_is_kept_on_one_line(
    subscriber: Server, http: GuardedSession
) -> None:
    outcome = attempt(subscriber, "broken", http)
    assert outcome.state == "retry"
    assert outcome.error is not None
    assert outcome.error.startswith("500 oh no not again!!!")
    assert len(outcome.error) <= 1024 + 10


@pytest.mark.parametrize("path", ["long", "moved"])
def test_ten_megabytes_of_answer_are_not_read(
    subscriber: Server, http: GuardedSession, path: str
) -> None:
    assert attempt(subscriber, path, http).state == "retry"
    assert subscriber.large_answers.get(timeout=60) == "cut"


def test_a_packed_answer_is_not_unpacked(subscriber: Server, http: GuardedSession) -> None:
    assert attempt(subscriber, "bomb", http).status == 500
    assert subscriber.seen[0][1]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("path", ["hang", "trickle_headers", "cut", "rubbish"])
def test_a_subscriber_that_does_not_answer_is_tried_again_soon_enough(
    subscriber: Server, http: GuardedSession, path: str
) -> None:
    outcome = attempt(subscriber, path, http, timeout=0.4)
    assert (outcome.state, outcome.status) == ("retry", None)
    assert outcome.error
    assert outcome.duration < 2


@pytest.mark.parametrize("path", ["trickle_body", "trickle_chunk"])
def test_an_answer_that_drips_is_cut_and_its_status_counts(
    subscriber: Server, http: GuardedSession, path: str
) -> None:
    outcome = attempt(subscriber, path, http, timeout=0.4)
    assert (outcome.state, outcome.status) == ("retry", 500)
    assert outcome.duration < 2


def test_thanks_that_drip_are_thanks(subscriber: Server, http: GuardedSession) -> None:
    outcome = attempt(subscriber, "trickle_thanks", http, timeout=0.4)
    assert (outcome.state, outcome.status, outcome.error) == ("delivered", 200, None)
    assert outcome.duration < 2


def test_nobody_listening_is_a_retry_that_says_so(http: GuardedSession) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    outcome = deliver(Outgoing(f"http://127.0.0.1:{port}/s3cret?token=s3cret", {}, BODY), http)
    assert outcome.state == "retry"
    assert outcome.error is not None
    assert "refused" in outcome.error
    assert "s3cret" not in outcome.error


def test_an_internal_address_is_not_called(subscriber: Server) -> None:
    outcome = attempt(subscriber, "ok", GuardedSession(Guard()))
    assert (outcome.state, outcome.status) == ("retry", None)
    assert outcome.error == "not called: the address is not public"
    assert subscriber.connections == 0


def test_a_hundred_deliveries_leave_one_connection(
    subscriber: Server, http: GuardedSession
) -> None:
    for _ in range(100):
        assert attempt(subscriber, "ok", http).state == "delivered"
    assert subscriber.connections == 1


def test_secrets_and_bodies_show_in_no_repr() -> None:
    shown = repr(outbound.prepare("https://e.example/", [signing.new_secret()], "m", 1, BODY))
    assert "v1," not in shown
    assert "ticket" not in shown


def test_ten_attempts_take_about_75_hours() -> None:
    assert len(outbound.SCHEDULE) == 10
    assert sum(outbound.SCHEDULE, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)


@given(st.integers(0, 12), st.integers())
def test_an_attempt_comes_within_a_tenth_of_its_time_and_none_after_the_tenth(
    done: int, seed: int
) -> None:
    planned = [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    wait = next_attempt(done, None, random.Random(seed))
    if done >= 10:
        assert wait is None
    else:
        assert wait is not None
        assert planned[done] * 0.9 <= wait.total_seconds() <= planned[done] * 1.1


def test_the_jitter_spreads() -> None:
    rng = random.Random(1)
    assert len({next_attempt(4, None, rng) for _ in range(50)}) == 50


@given(st.integers(0, 9), st.floats(-1e9, 1e9), st.integers())
def test_no_attempt_comes_before_retry_after(done: int, asked: float, seed: int) -> None:
    wait = next_attempt(done, asked, random.Random(seed))
    assert wait is not None
    assert wait >= timedelta(seconds=min(max(asked, 0), DAY))
    assert wait <= timedelta(seconds=DAY * 1.1)


def test_infinity_in_retry_after_is_a_day() -> None:
    assert next_attempt(1, float("inf"), random.Random(1)) == timedelta(days=1)


@given(st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ .{0,20}"))
def test_no_retry_after_crashes(text: str) -> None:
    response = requests.Response()
    response.headers["retry-after"] = text
    response.headers["date"] = "Sun, 22 Nov 2026 12:00:00 GMT"
    found = outbound._retry_after(response)
    assert found is None or found >= 0
