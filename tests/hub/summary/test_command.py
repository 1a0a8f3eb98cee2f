"""`python -m hub.summary` as a script meets it."""

import json
import subprocess
import sys

import pytest

TRANSCRIPT = {
    "turns": [
        {"id": "a", "role": "customer", "text": "The blue lamp I bought last week does not light."},
        {
            "id": "b",
            "role": "ai",
            "text": "Please check whether the bulb sits firmly in its socket.",
        },
    ]
}


def run(raw: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "hub.summary", *arguments]
    return subprocess.run(command, input=raw, capture_output=True, timeout=60)


def test_a_transcript_becomes_a_summary() -> None:
    done = run(json.dumps(TRANSCRIPT).encode())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "subject": "The blue lamp I bought last week does not light.",
        "sentences": [
            {
                "text": "The customer wrote: “The blue lamp I bought last week does not light.”",
                "message_ids": ["a"],
                "quotes": ["The blue lamp I bought last week does not light."],
            },
            {
                "text": "The assistant replied:"
                " “Please check whether the bulb sits firmly in its socket.”",
                "message_ids": ["b"],
                "quotes": ["Please check whether the bulb sits firmly in its socket."],
            },
        ],
        "language": "en",
        "method": "extractive",
        "facts": [],
    }


def test_as_text_it_names_the_messages_by_their_number() -> None:
    said = TRANSCRIPT["turns"] + [
        {"id": "c", "role": "customer", "text": "Send me € 49,90 back for order 88123!"}
    ]
    done = run(json.dumps({"turns": said}).encode(), "--text")
    assert done.stdout.decode().splitlines() == [
        "The blue lamp I bought last week does not light.",
        "Summary (extractive, en)",
        "- The customer wrote: “The blue lamp I bought last week does not light.” [#1]",
        "- The assistant replied: “Please check whether the bulb sits firmly in its socket.” [#2]",
        "Facts, in the words of the transcript",
        "- Numbers: 88123 “order 88123” [#3]",
        "- Amounts: 49.90 EUR “€ 49,90” [#3]",
    ]


def test_jsonl_answers_each_line_with_a_line() -> None:
    lines = [{"turns": []}, TRANSCRIPT, {"turns": [], "language": "fr-CA"}]
    done = run("\n".join(map(json.dumps, lines)).encode(), "--jsonl")
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["language"] for answer in answers] == ["en", "en", "fr"]


def test_ids_come_back_as_they_were_sent_even_broken_ones() -> None:
    done = run(rb'{"turns": [{"id": "\ud800\u0000", "role": "customer", "text": "\ud800 \u0000"}]}')
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sentences"][0]["message_ids"] == ["\ud800\x00"]


def turn(**changes: object) -> bytes:
    return json.dumps({"turns": [{"id": "a", "role": "customer", "text": "x"} | changes]}).encode()


BAD = {
    "nothing": (b"", "is empty"),
    "no JSON": (b"{", "not JSON"),
    "not UTF-8": (b'{"turns": "\xff"}', "not UTF-8"),
    "too deep": (b"[" * 100_000, "not JSON"),
    "a list": (b"[]", "`turns`"),
    "no turns": (b'{"messages": []}', "`turns`"),
    "language": (b'{"turns": [], "language": 3}', "language"),
    "a turn that is text": (b'{"turns": ["hi"]}', "turns[0]"),
    "id": (turn(id=5), "turns[0].id"),
    "role": (turn(role="bot"), "turns[0].role"),
    "a role that cannot be hashed": (turn(role=[]), "turns[0].role"),
    "text": (turn(text=["x"]), "turns[0].text"),
}


@pytest.mark.parametrize(("raw", "message"), BAD.values(), ids=BAD)
def test_bad_input_ends_with_2_and_names_the_place(raw: bytes, message: str) -> None:
    done = run(raw)
    assert done.returncode == 2
    assert message in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert done.stdout == b""


def test_a_bad_line_is_named_after_the_good_ones_are_answered() -> None:
    done = run(b'{"turns": []}\n{"turns": 1}\n', "--jsonl")
    assert done.returncode == 2
    assert "line 2" in done.stderr.decode()
    assert len(done.stdout.splitlines()) == 1
