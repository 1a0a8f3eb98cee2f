"""What this machine can do at this moment, and what processes cost it."""

import os
import platform
import tempfile
import threading
import time
from pathlib import Path

import psutil
import psycopg


def name() -> str:
    """Cores, memory, processor and Python, in a line."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
    gigabytes = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores ({model}), {gigabytes:.0f} GB, Python {platform.python_version()}"
    )


def fdatasyncs(folder: Path, seconds: float = 1.0) -> float:
    """How often a second 8 KB reach the disk."""
    with tempfile.TemporaryFile(dir=folder) as file:
        number, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            file.seek(0)
            file.write(b"x" * 8192)
            file.flush()
            os.fdatasync(file.fileno())
            number += 1
        return number / (time.perf_counter() - began)


def commits(url: str, clients: int = 8, seconds: float = 2.0) -> float:
    """One-row transactions a second by so many clients."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table if not exists bench_floor (at timestamptz)")
    counts = [0] * clients
    deadline = time.perf_counter() + seconds

    def client(n: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while time.perf_counter() < deadline:
                connection.execute("insert into bench_floor values (now())")
                counts[n] += 1

    threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def family(pid: int) -> list[psutil.Process]:
    """A process and all below it."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def cpu(pid: int) -> float:
    """CPU seconds of a process and of all below it, the dead included."""
    total = 0.0
    for process in family(pid):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
        if process.pid == pid:
            total += times.children_user + times.children_system
    return total


def memory(pid: int) -> float:
    """Megabytes (PSS: shared pages counted once) of a process and all below it."""
    total = 0
    for process in family(pid):
        try:
            rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(rollup.split("\nPss:")[1].split()[0])
    return total / 1024
