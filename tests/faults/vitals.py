"""What the hub's processes hold, and whether they give it back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

SPARE = {
    "threads": 8,  # a worker's pool fills as jobs come together
    "files": 16,  # connections to desks and subscribers are kept for the next call, as they come
    "megabytes": 16.0,  # of a thousand events: 16 KB of each, were it a leak
}


@dataclass(frozen=True)
class Vitals:
    """What a process and all below it hold."""

    threads: int
    files: int
    megabytes: float  # resident; of a fork, what it shares included


def of(pid: int) -> Vitals:
    """What it holds now."""
    found = list(_family(pid))
    return Vitals(
        threads=sum(one.threads for one in found),
        files=sum(one.files for one in found),
        megabytes=sum(one.megabytes for one in found),
    )


def kept(base: Mapping[str, Vitals], now: Mapping[str, Vitals]) -> Sequence[str]:
    """What was not given back, process by process."""
    return [
        f"{name} held {getattr(base[name], what):.0f} {what}, and holds {getattr(held, what):.0f}"
        for name, held in now.items()
        for what, spare in SPARE.items()
        if getattr(held, what) > getattr(base[name], what) + spare
    ]


def _family(pid: int) -> Iterator[Vitals]:
    parent = psutil.Process(pid)
    for process in [parent, *parent.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess), process.oneshot():
            megabytes = process.memory_info().rss / 2**20
            yield Vitals(process.num_threads(), process.num_fds(), megabytes)
