"""When a teammate works: shifts by the week on their own clock, and days off. Pure.

A shift means what the clock on the wall shows, so it moves with daylight saving. One that ends
at or before its beginning ends on the next day, and belongs to the day on which it begins: a day
off takes the night shift that begins on it, and leaves the one that ends on it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import groupby

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60  # minutes
A_DAY = timedelta(days=1)
AHEAD = 400  # days in which the next shift is looked for: days off are no longer
SPAN = re.compile(r"(\d{1,2}):(\d\d)\s*[-–]\s*(\d{1,2}):(\d\d)")


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """On `weekday` (0 is Monday) from `begins` to `ends`, in minutes after midnight."""

    weekday: int
    begins: int
    ends: int

    @property
    def overnight(self) -> bool:
        """True when it ends on the next day."""
        return self.ends <= self.begins

    def __str__(self) -> str:
        return f"{clock(self.begins)}-{clock(self.ends)}"


@dataclass(frozen=True, slots=True)
class Hours:
    """A teammate's week; without shifts they work at any time."""

    zone: tzinfo = UTC
    shifts: tuple[Shift, ...] = ()
    off: tuple[tuple[date, date], ...] = ()  # first and last day

    def works(self, at: datetime) -> bool:
        """True when they are on at this moment."""
        local = at.astimezone(self.zone)
        today, minute = local.date(), local.hour * 60 + local.minute
        if not self.shifts:
            return not self.is_off(today)
        return any(not self.is_off(day) for day in self._begun(today, minute))

    def next(self, at: datetime) -> datetime | None:
        """When they are on again after `at`; None when nothing says so."""
        today = at.astimezone(self.zone).date()
        days = (today + A_DAY * n for n in range(AHEAD))
        begins = (moment for day in days for moment in self._beginnings(day))
        return next((moment for moment in begins if moment > at), None)

    def is_off(self, day: date) -> bool:
        """True on a day off."""
        return any(first <= day <= last for first, last in self.off)

    def _begun(self, today: date, minute: int) -> Iterator[date]:
        """The days on which the shifts that run at this minute began."""
        yesterday = today - A_DAY
        for shift in self.shifts:
            end = DAY if shift.overnight else shift.ends
            if shift.weekday == today.weekday() and shift.begins <= minute < end:
                yield today
            if shift.overnight and shift.weekday == yesterday.weekday() and minute < shift.ends:
                yield yesterday

    def _beginnings(self, day: date) -> list[datetime]:
        if self.is_off(day):
            return []
        minutes = [s.begins for s in sorted(self.shifts) if s.weekday == day.weekday()]
        if not self.shifts:
            minutes = [0]
        return [self._moment(day, minute) for minute in minutes]

    def _moment(self, day: date, minute: int) -> datetime:
        at = datetime.combine(day, time(minute // 60, minute % 60), self.zone)
        return at.astimezone(UTC)


def read(weekday: int, text: str) -> list[Shift]:
    """The shifts that `09:00-12:30, 22:00-06:00` means; ValueError says what is wrong."""
    return [_span(weekday, part.strip()) for part in text.split(",") if part.strip()]


def told(shifts: Sequence[Shift]) -> str:
    """A week in words: `Mon-Fri 09:00-17:30, Sat 10:00-14:00`."""
    spans = [", ".join(map(str, sorted(s for s in shifts if s.weekday == day))) for day in range(7)]
    parts = []
    for text, run in groupby(range(7), key=lambda day: spans[day]):
        days = [DAYS[day].capitalize() for day in run]
        if text:
            parts.append(f"{days[0]}-{days[-1]} {text}" if len(days) > 1 else f"{days[0]} {text}")
    return ", ".join(parts)


def clock(minute: int) -> str:
    """Minutes after midnight as `HH:MM`; the end of the day is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _span(weekday: int, text: str) -> Shift:
    match = SPAN.fullmatch(text)
    if match is None:
        raise ValueError(f"Write it as 09:00-17:30, not {text!r}.")
    hours, minutes = (int(match[1]), int(match[3])), (int(match[2]), int(match[4]))
    begins, ends = (60 * h + m for h, m in zip(hours, minutes, strict=True))
    if max(minutes) > 59 or begins >= DAY or ends > DAY:
        raise ValueError(f"A day has no {text!r}.")
    return Shift(weekday, begins, ends)
