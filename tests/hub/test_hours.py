"""When somebody works: weeks, nights, days off, and clocks that are put forward and back."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from hub.hours import Hours, Shift, read, told

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
DAYTIME = tuple(Shift(day, 9 * 60, 17 * 60) for day in range(5))
FRIDAY_NIGHT = (Shift(4, 22 * 60, 6 * 60),)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_without_shifts_one_works_at_any_time() -> None:
    assert Hours().works(utc("2026-08-16 03:00"))


@pytest.mark.parametrize(
    ("at", "works"),
    [
        ("2026-06-01 06:59", False),  # 08:59 in Berlin, a Monday
        ("2026-06-01 07:00", True),
        ("2026-06-01 14:59", True),
        ("2026-06-01 15:00", False),
        ("2026-06-06 10:00", False),  # Saturday
    ],
)
def test_a_shift_means_the_teammates_own_clock(at: str, works: bool) -> None:
    assert Hours(BERLIN, DAYTIME).works(utc(at)) is works


@pytest.mark.parametrize(
    ("at", "works"),
    [
        ("2026-03-27 08:00", True),  # 09:00 in winter time
        ("2026-03-30 07:00", True),  # 09:00 in summer time
        ("2026-03-30 06:59", False),
        ("2026-03-30 15:00", False),  # 17:00 in summer time, when it ends
        ("2026-10-26 07:00", False),  # 08:00, winter again
        ("2026-10-26 15:59", True),
    ],
)
def test_shifts_move_with_daylight_saving(at: str, works: bool) -> None:
    assert Hours(BERLIN, DAYTIME).works(utc(at)) is works


def test_an_hour_that_comes_twice_belongs_to_the_shift_both_times() -> None:
    night = Hours(BERLIN, (Shift(6, 2 * 60, 3 * 60),))
    assert night.works(utc("2026-10-25 00:30")) and night.works(utc("2026-10-25 01:30"))


def test_a_shift_in_an_hour_that_is_left_out_does_not_take_place() -> None:
    night = Hours(BERLIN, (Shift(6, 2 * 60, 3 * 60),))
    moments = [utc(f"2026-03-29 {hour:02}:{minute:02}") for hour in range(4) for minute in (0, 59)]
    assert not any(night.works(at) for at in moments)


@pytest.mark.parametrize(
    ("at", "works"),
    [
        ("2026-06-05 19:59", False),  # Friday 21:59
        ("2026-06-05 20:00", True),
        ("2026-06-06 03:59", True),  # Saturday 05:59
        ("2026-06-06 04:00", False),
        ("2026-06-06 20:00", False),  # Saturday 22:00 is no shift
        ("2026-06-05 02:00", False),  # the morning before
    ],
)
def test_a_shift_over_midnight_ends_in_the_next_morning(at: str, works: bool) -> None:
    assert Hours(BERLIN, FRIDAY_NIGHT).works(utc(at)) is works


def test_a_night_shift_of_sunday_ends_on_monday() -> None:
    assert Hours(UTC, (Shift(6, 22 * 60, 6 * 60),)).works(utc("2026-06-08 05:00"))


def test_the_night_in_which_clocks_are_put_forward_is_an_hour_shorter() -> None:
    night = Hours(BERLIN, (Shift(5, 22 * 60, 6 * 60),))
    assert night.works(utc("2026-03-28 21:00")) and night.works(utc("2026-03-29 03:59"))
    assert not night.works(utc("2026-03-29 04:00"))


def test_a_shift_may_last_until_midnight_and_all_day() -> None:
    assert Hours(UTC, (Shift(0, 0, 24 * 60),)).works(utc("2026-06-01 23:59"))
    assert not Hours(UTC, (Shift(0, 0, 24 * 60),)).works(utc("2026-06-02 00:00"))
    assert Hours(UTC, (Shift(0, 9 * 60, 9 * 60),)).works(utc("2026-06-02 08:59"))


def test_a_day_off_takes_the_shift_that_begins_on_it_and_leaves_the_night_before() -> None:
    saturday = (date(2026, 6, 6), date(2026, 6, 6))
    friday = (date(2026, 6, 5), date(2026, 6, 5))
    in_the_night = utc("2026-06-06 02:00")
    assert Hours(BERLIN, FRIDAY_NIGHT, (saturday,)).works(in_the_night)
    assert not Hours(BERLIN, FRIDAY_NIGHT, (friday,)).works(in_the_night)


def test_days_off_are_days_of_the_teammates_zone() -> None:
    hours = Hours(NEW_YORK, off=((date(2026, 6, 5), date(2026, 6, 6)),))
    assert hours.works(utc("2026-06-05 03:59")) and not hours.works(utc("2026-06-05 04:00"))
    assert not hours.works(utc("2026-06-07 03:59")) and hours.works(utc("2026-06-07 04:00"))


def test_the_next_shift_is_told() -> None:
    friday_evening = utc("2026-06-05 18:00")
    assert Hours(BERLIN, DAYTIME).next(friday_evening) == utc("2026-06-08 07:00")
    holidays = ((date(2026, 6, 8), date(2026, 6, 19)),)
    assert Hours(BERLIN, DAYTIME, holidays).next(friday_evening) == utc("2026-06-22 07:00")
    assert Hours(BERLIN, off=holidays).next(utc("2026-06-10 12:00")) == utc("2026-06-19 22:00")


def test_a_week_is_written_and_told_in_short() -> None:
    week = [shift for day in range(5) for shift in read(day, "09:00-12:30, 13:00 – 17:30")]
    week += read(5, "22:00-6:00")
    assert told(week) == "Mon-Fri 09:00-12:30, 13:00-17:30, Sat 22:00-06:00"
    assert read(0, " ") == [] and told([]) == ""


@pytest.mark.parametrize("text", ["9-17", "25:00-26:00", "09:60-10:00", "24:00-01:00", "x"])
def test_what_is_no_shift_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"09:00-17:30|A day has no"):
        read(0, text)
