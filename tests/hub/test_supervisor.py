"""The process supervisor, watched from outside: real processes, real signals, real time."""

import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.supervisor import port_free

STARTS = "import os, time; print('pid', os.getpid()); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + STARTS


class House:
    """A supervisor in a process of its own, and what it says."""

    def __init__(self, tmp_path: Path) -> None:
        self._path = tmp_path / "output"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *children: str, more: str = "", within: str = "") -> None:
        """Runs Supervisor([children], more); `within` is code before it."""
        script = (
            f"import sys\nfrom pathlib import Path\n"
            f"from hub.supervisor import Child, Supervisor\n{within}\n"
            f"sys.exit(Supervisor([{','.join(children)}], {more}).run())\n"
        )
        with self._path.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-c", script],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # The suite itself may have been started by nohup(1).
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
            )

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process
        return self._process

    @property
    def said(self) -> str:
        return self._path.read_text()

    def pids(self, name: str) -> list[int]:
        """Every process that the child has had, oldest first."""
        return [int(pid) for pid in re.findall(rf"^{name} +\| pid (\d+)$", self.said, re.M)]

    def pid(self, name: str, number: int = 1) -> int:
        until(lambda: len(self.pids(name)) >= number)
        return self.pids(name)[number - 1]

    def end(self) -> None:
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(10)
            finally:
                self._process.kill()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.end()


def test_a_killed_child_is_started_again_and_the_others_stay(house: House) -> None:
    house.start(child("web", STARTS), child("worker", STARTS))
    web, worker = house.pid("web"), house.pid("worker")
    os.kill(web, signal.SIGKILL)
    assert house.pid("web", 2) != web
    assert house.pids("worker") == [worker]
    assert "hub    | web was killed by signal 9; it starts again in 0.2 s" in house.said


def test_a_child_that_cannot_start_stops_everything_and_is_quoted(house: House) -> None:
    house.start(child("web", STARTS), child("worker", "import sys; sys.exit('no such queue')"))
    assert house.process.wait(90) == 1
    last = house.said.splitlines()[-1]
    assert re.match(
        "worker ended with code 1, 5 times within 10 s.* it said: .*no such queue", last
    )
    assert not exists(house.pid("web"))


def test_a_task_runs_once(house: House) -> None:
    house.start(child("demo", "print('pid 1')", "once=True"), child("web", STARTS))
    house.pid("web")
    house.pid("demo")
    time.sleep(1)
    assert len(house.pids("demo")) == 1
    assert house.process.poll() is None


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_and_counts_as_success(house: House, signum: signal.Signals) -> None:
    house.start(child("web", STARTS), child("worker", STARTS))
    pids = [house.pid("web"), house.pid("worker")]
    house.process.send_signal(signum)
    assert house.process.wait(90) == 0
    assert not any(map(exists, pids))


def test_a_child_may_finish_its_work_before_it_ends(house: House) -> None:
    finishes = "\n".join(
        [
            "import os, signal, sys, time",
            "def finish(*_): time.sleep(0.5); print('finished'); sys.exit()",
            "signal.signal(signal.SIGTERM, finish)",
            "print('pid', os.getpid())",
            "time.sleep(60)",
        ]
    )
    house.start(child("worker", finishes))
    house.pid("worker")
    house.process.send_signal(signal.SIGTERM)
    assert house.process.wait(90) == 0
    assert "worker | finished" in house.said


def test_children_that_do_not_listen_are_killed_when_their_grace_is_over(house: House) -> None:
    house.start(child("web", STUBBORN), child("worker", STUBBORN))
    pids = [house.pid("web"), house.pid("worker")]
    began = time.monotonic()
    house.process.send_signal(signal.SIGINT)
    assert house.process.wait(90) == 0
    assert time.monotonic() - began > 3.5
    assert not any(map(exists, pids))


def test_a_second_ctrl_c_kills_at_once(house: House) -> None:
    house.start(child("web", STUBBORN, "grace=60.0"))
    web = house.pid("web")
    house.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    house.process.send_signal(signal.SIGINT)
    assert house.process.wait(90) == 0
    assert not exists(web)


def test_a_signal_that_arrives_twice_at_once_is_one(house: House) -> None:
    house.start(child("web", STUBBORN, "grace=1.0"))
    house.pid("web")
    began = time.monotonic()
    house.process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    house.process.send_signal(signal.SIGINT)
    assert house.process.wait(90) == 0
    assert time.monotonic() - began > 0.9


def test_ctrl_c_in_a_terminal_reaches_only_the_supervisor() -> None:
    tells = "import signal; signal.signal(signal.SIGINT, lambda *_: print('heard it')); " + STARTS
    script = (
        "import sys\nfrom hub.supervisor import Child, Supervisor\n"
        f"Supervisor([{child('web', tells)}]).run()"
    )
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", script])
    said = b""
    while b"pid" not in said:
        said += os.read(terminal, 4096)
    os.write(terminal, b"\x03")
    said += read_to_end(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert b"heard it" not in said
    assert b"\x1b[36mweb |\x1b[0m pid" in said  # a terminal gets colours


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_children_end_when_the_supervisor_is_killed(house: House) -> None:
    house.start(child("web", STUBBORN), child("worker", STARTS))
    pids = [house.pid("web"), house.pid("worker")]
    house.process.kill()
    house.process.wait()
    until(lambda: not any(map(exists, pids)))


def test_what_a_dead_child_had_started_does_not_keep_its_port(house: House) -> None:
    forks = (
        "import os, time; inner = os.fork()\n"
        "if inner: print('pid', os.getpid()); print('pid', inner)\n"
        "time.sleep(60)"
    )
    house.start(child("web", forks))
    outer, inner = house.pid("web"), house.pid("web", 2)
    os.kill(outer, signal.SIGKILL)
    until(lambda: not exists(inner))


def test_lines_are_whole_and_go_to_the_log_when_there_is_one(house: House, tmp_path: Path) -> None:
    slow = "import sys, time; sys.stdout.write('one '); time.sleep(0.3); print('line'); " + STARTS
    log = tmp_path / "hub.log"
    house.start(child("web", slow), more=f"log=Path({str(log)!r})")
    until(lambda: log.exists() and "web | one line\n" in log.read_text())
    assert house.said == ""


def test_the_last_words_of_a_child_are_heard(house: House) -> None:
    house.start(
        child("task", "import sys; print('x' * 200_000); sys.stdout.write('end')", "once=True")
    )
    until(lambda: re.search(r"^task \| end$", house.said, re.M) is not None)
    assert house.said.count("x") == 200_000


def test_keepers_are_called_twice_a_second_and_closers_when_all_children_are_gone(
    house: House, tmp_path: Path
) -> None:
    diary = tmp_path / "diary"
    note = f"def note(word): open({str(diary)!r}, 'a').write(word + ' ')"
    slow_to_end = (
        f"import signal, sys, time\n{note}\n"
        "def end(*_): time.sleep(0.5); note('ended'); sys.exit()\n"
        f"signal.signal(signal.SIGTERM, end)\n{STARTS}"
    )
    house.start(
        child("web", slow_to_end),
        within=note,
        more="keepers=[lambda: note('kept')], closers=[lambda: note('closed')]",
    )
    house.pid("web")
    before = diary.read_text().count("kept")
    time.sleep(2)
    assert 3 <= diary.read_text().count("kept") - before <= 5
    house.process.send_signal(signal.SIGTERM)
    assert house.process.wait(90) == 0
    assert diary.read_text().split()[-2:] == ["ended", "closed"]


def test_a_keeper_that_gives_up_stops_everything(house: House) -> None:
    within = (
        "import time\nbegan = time.monotonic()\n"
        "def keep():\n    if time.monotonic() > began + 1: raise SystemExit('the disk is gone')\n"
    )
    house.start(
        child("web", STARTS), within=within, more="keepers=[keep], closers=[lambda: print('shut')]"
    )
    web = house.pid("web")
    assert house.process.wait(90) == 1
    assert not exists(web)
    assert "the disk is gone" in house.said
    assert "shut" in house.said


def test_a_child_gets_its_environment_and_its_niceness(house: House) -> None:
    says = "import os, time; print(os.environ['WHO'], os.nice(0), flush=True); time.sleep(60)"
    house.start(child("web", says, "env={'WHO': 'me'}", "nice=7"))
    nicest = 19  # the system's own bound, where the tests themselves are nice
    until(lambda: f"web | me {min(nicest, os.nice(0) + 7)}\n" in house.said)


def test_a_port_is_free_unless_somebody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not port_free("127.0.0.1", port)
        assert not port_free("0.0.0.0", port)
        caller = socket.create_connection(("127.0.0.1", port))
        answer, _ = server.accept()
    answer.close()  # the side that closes first stays in TIME_WAIT
    caller.close()
    assert port_free("127.0.0.1", port)


def child(name: str, code: str, *more: str) -> str:
    """The source of a Child that runs Python code."""
    arguments = [repr(name), f"[sys.executable, '-c', {code!r}]", *more]
    return f"Child({', '.join(arguments)})"


def exists(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(holds: Callable[[], bool], within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def read_to_end(terminal: int) -> bytes:
    said = b""
    try:
        while data := os.read(terminal, 4096):
            said += data
    except OSError:  # EIO: nobody has the other end open any more
        pass
    return said
