"""Conditions: what they mean, how they are refused, and that weighing them never raises."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.conditions import NAMES, BadCondition, parse

SUNDAY = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)  # 10:30 in Vienna, 18:30 in Tokyo


@pytest.mark.parametrize(
    ("condition", "language", "holds"),
    [
        ("language = de", "de", True),
        ("language = de", "de-AT", True),
        ("language = de", "de_AT", True),
        ("language = DE", "De-at", True),
        ("language = de-AT", "de-AT", True),
        ("language = de-AT", "de", False),
        ("language = de-AT", "de-CH", False),
        ("language = de", "den", False),
        ("language = zh-Hant", "zh-Hant-TW", True),
        ("language in fr, de", "de-AT", True),
        ("language != de", "de-AT", False),
        ("language not in de, fr", "en-GB", True),
        ("language = de", None, None),
        ("language != de", "", None),
        ("language = de and channel = sms", None, False),
    ],
)
def test_a_language_means_its_regional_forms_too(
    condition: str, language: str | None, holds: bool | None
) -> None:
    assert parse(condition).holds({"language": language, "channel": "web"}) is holds


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("weekday = sun", True),
        ("weekday = Sunday", True),
        ("weekday in mon-fri", False),
        ("weekday in fri-mon", True),
        ("weekday != sun", False),
        ("time in 10:30-11:00", True),
        ("time in 10-11", True),
        ("time in 09:00-10:30", False),  # the end is not inside
        ("time in 22:00-06:00", False),
        ("time in 22:00-10:31", True),
        ("time in 0-24", True),
        ("time not in 08:00-12:00, 13:00-17:00", False),
        ("time in 18:00-19:00 and zone = Asia/Tokyo", True),
        ("zone = utc and time in 9-10", True),
        ("time in 10-11 and zone = UTC", False),
    ],
)
def test_time_is_the_workspaces_unless_the_condition_names_a_zone(
    condition: str, holds: bool
) -> None:
    assert parse(condition).holds({"at": SUNDAY, "zone": "Europe/Vienna"}) is holds


def test_a_weekday_begins_at_midnight_of_its_zone_also_when_clocks_change() -> None:
    late = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)  # summer time began on this Sunday
    berlin = {"at": late, "zone": "Europe/Berlin"}
    assert parse("weekday = mon and time in 00:00-01:00").holds(berlin) is True
    assert parse("weekday = sun").holds({"at": late, "zone": "UTC"}) is True


@pytest.mark.parametrize(
    ("condition", "facts", "holds"),
    [
        ("reason = asked for a human", {"reason": "Asked for a Human"}, True),
        ("reason != spam", {}, True),
        ("team = 'research and development'", {"team": "Research and Development"}, True),
        ('fields.plan in "gold", silver', {"fields": {"plan": "Gold"}}, True),
        ("fields.vip = true", {"fields": {"vip": True}}, True),
        ("fields.amount = 0", {"fields": {"amount": 0}}, True),
        ("fields.customer.plan = gold", {"fields": {"customer": {"plan": "gold"}}}, True),
        ("fields.customer.plan = gold", {"fields": {"customer.plan": "gold"}}, True),
        ("fields.tags = vip", {"fields": {"tags": ["new", "VIP"]}}, True),
        ("fields.tags != vip", {"fields": {"tags": ["new", "VIP"]}}, False),
        ("fields.plan = gold", {"fields": {"plan": {"gold": "gold"}}}, False),
        ("channel = web AND priority IN p1, p2", {"channel": "web", "priority": "P2"}, True),
    ],
)
def test_words_are_compared_without_case_and_fields_by_their_path(
    condition: str, facts: dict[str, object], holds: bool
) -> None:
    assert parse(condition).holds(facts) is holds


@pytest.mark.parametrize(
    ("condition", "place", "words"),
    [
        ("", 1, "missing"),
        ("language = de and", 18, "missing"),
        ("language = de and moon = full", 19, "not known"),
        ("channel = web and reason is spam", 19, "not a comparison"),
        ("language in de,,fr", 16, "does not belong"),
        ("reason = a, b", 13, "`in`"),
        ("reason =", 1, "nothing"),
        ("language = de or channel = web", 15, "second route"),
        ("language = german", 12, "its code"),
        ("weekday in mon-fry", 12, "weekday"),
        ("time in 9:00", 9, "09:00-17:30"),
        ("time in 09:00-25:00", 9, "09:00-17:30"),
        ("time in 09:00-09:00", 9, "begins"),
        ("time in 9-10 and zone = Mars/Base", 25, "Europe/Berlin"),
        ("zone = UTC", 1, "alone"),
        ('team = "open', 8, "does not belong"),
        ("__import__('os').system('id') = 1", 1, "not known"),
        ("fields. = 1", 1, "not known"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    condition: str, place: int, words: str
) -> None:
    with pytest.raises(BadCondition) as refused:
        parse(condition)
    assert str(refused.value).startswith(f"At character {place}:")
    assert words in str(refused.value)


def test_what_decided_is_told_in_words() -> None:
    facts = {"language": "de-AT", "channel": "web", "at": SUNDAY, "zone": "Europe/Vienna"}
    held = parse("language = de and weekday = sun")
    assert held.told(facts, True) == "language is de-AT and it is Sunday 10:30 (Europe/Vienna)"
    failed = parse("language = de and reason = spam")
    assert failed.told(facts, False) == "reason is not set"


PIECES = [
    *NAMES, "fields.a", "fields.a.b", "=", "!=", "in", "not", ",", "and", "de", "de-AT", "mon-fri",
    "09:00-17:30", "22-6", "Europe/Berlin", '"', "'", "24:00", "-", "gold", "\0", "\ud800", "(",
]  # fmt: skip
TEXT = st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
ZONED = st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=14))))
FACTS = st.fixed_dictionaries(
    {},
    optional={name: JSON for name in NAMES}
    | {"fields": JSON | st.dictionaries(st.sampled_from(["a", "b", "a.b"]), JSON)}
    | {"at": ZONED | JSON, "zone": JSON | st.sampled_from(["Europe/Berlin", "America", "../x"])},
)


@given(text=TEXT, facts=FACTS)
@example(text="fields.a = 1", facts={"fields": {"a": 10**5000}})
@example(text="time in 1-2 and zone = Asia/Tokyo", facts={"at": datetime.max.replace(tzinfo=UTC)})
@example(text="weekday = mon", facts={"at": datetime.min.replace(tzinfo=UTC), "zone": "US/Hawaii"})
def test_any_text_is_read_or_refused_and_any_facts_are_weighed(
    text: str, facts: dict[str, object]
) -> None:
    try:
        condition = parse(text)
    except BadCondition as refused:
        assert str(refused).startswith("At character ")
        return
    holds = condition.holds(facts)
    assert holds in (True, False, None)
    assert isinstance(condition.told(facts, holds), str)
