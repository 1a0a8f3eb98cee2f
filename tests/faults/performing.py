"""Every scene played: each crash point strikes somebody, and somebody else goes on."""

import re
import time
from collections.abc import Iterable

import psycopg

from hub.telemetry import CRASHPOINTS
from tests.e2e.town import conversation_name, eventually
from tests.faults.lives import KILLED
from tests.faults.scenes import DIES_BEFORE, SCENES, Chat, chats
from tests.faults.stage import ANOTHER_KEY, DIES_WITHIN, KEYS, Stage
from tests.hub.stories.file_house import FileHouse

TRIES = 3
QUIET = 3.0  # seconds without work, in which every desk is polled
PEACE = 120.0  # seconds, on a busy machine
Specs = dict[str, tuple[str, str]]  # where and about whom to die, and whose scene it is


class Play:
    """All scenes on one stage; `killed` counts the dead."""

    def __init__(self, stage: Stage, files: FileHouse) -> None:
        self.stage = stage
        self.files = files
        self.chats: dict[tuple[str, str], Chat] = {}
        self.killed = 0
        self.quiet_since = time.monotonic()

    def perform(self, lines: Iterable[str] = CRASHPOINTS) -> None:
        """Die at each line, then work off what is left."""
        wanted = set(lines)
        found = chats(self.stage, self.files)
        self.chats = {key: chat for key, chat in found.items() if key[0] in wanted}
        self._before()
        self._web()
        for has_ticket in (False, True):
            self._strike(self._deeds(has_ticket))
            self._mend()
            self.stage.finish()
        for role in COMMANDS:
            self._command(role)
        self.stage.finish()

    def _before(self) -> None:
        """What the scenes need before anybody dies."""
        for (line, _), chat in self.chats.items():
            prepare = SCENES[line].before
            if prepare is not None:
                prepare(chat)
        self.stage.finish()

    def _deeds(self, has_ticket: bool) -> Specs:
        """Bring about what leads to the lines; where and about whom somebody is to die."""
        specs: Specs = {}
        for key, chat in self.chats.items():
            scene = SCENES[key[0]]
            if scene.role == "worker" and (scene.before is not None) is has_ticket:
                specs |= self._deed(key, chat)
        return specs

    def _deed(self, key: tuple[str, str], chat: Chat) -> Specs:
        subject = SCENES[key[0]].deed(chat)
        before = [DIES_BEFORE[key[0]]] if key[0] in DIES_BEFORE else []
        return {f"{line}:1:{subject}": key for line in (*before, key[0])}

    def _web(self) -> None:
        """Web dies; what was not acknowledged is posted once more."""
        found = {key: chat for key, chat in self.chats.items() if SCENES[key[0]].role == "web"}
        specs = {key: f"{key[0]}:1:{self._subject(key[0], chat)}" for key, chat in found.items()}
        self.stage.begin_web(*specs.values())
        for key, chat in found.items():  # one after another: a webhook to nobody is lost
            SCENES[key[0]].deed(chat)
            eventually(lambda: specs[key] in self.stage.struck(), f"web dies at {key}", DIES_WITHIN)  # noqa: B023
        self.killed += len(specs)
        self.stage.begin_web()
        for source, body, data in self.stage.owed:
            answer = self.stage.post_until(source, body)
            self.stage.write_down(answer, "conversation.escalated", data)
        self.stage.owed.clear()

    def _subject(self, line: str, chat: Chat) -> str:
        if line in ("intake.received", "intake.acknowledged"):
            return self.stage.sources[chat.conversation]["id"]
        return chat.connection_id if line.startswith("webhook.") else chat.conversation

    def _strike(self, specs: Specs) -> None:
        """Workers die, one after another, until every line has had its victim.

        A line that is passed once may be passed by when another death came between: then its scene
        is played again.
        """
        clock = self.stage.begin("clock")
        for _ in range(TRIES):
            left = self._die(specs)
            if not left:
                break
            specs = self._again(set(left.values()))
        assert not left, f"nobody dies at {left}"
        clock.kill()

    def _die(self, left: Specs) -> Specs:
        """Lives until nothing is left to be done; where nobody died."""
        while left:
            life = self.stage.begin("worker", *sorted(left))
            self.quiet_since = time.monotonic()
            eventually(lambda: not life.alive or self._quiet(), "death or peace", PEACE)  # noqa: B023
            if life.alive:
                life.kill()
            assert life.code == KILLED, f"the worker ended by itself ({life.code})"
            self.killed += 1
            self.stage.bury(life)
            self.stage.leases_are_over()
            struck = self.stage.struck()
            if not struck & left.keys():
                return left
            left = {spec: key for spec, key in left.items() if spec not in struck}
        return {}

    def _again(self, keys: set[tuple[str, str]]) -> Specs:
        self.chats |= {key: Chat(self.stage, self.stage.desks[key[1]], conversation_name(),
                                 files=self.files) for key in keys}  # fmt: skip
        for key in keys:
            prepare = SCENES[key[0]].before
            if prepare is not None:
                prepare(self.chats[key])
                self.stage.finish()
        specs: Specs = {}
        for key in keys:
            specs |= self._deed(key, self.chats[key])
        return specs

    def _quiet(self) -> bool:
        """True when nothing but polling has happened for a while."""
        self.stage.waits_no_longer()
        busy = self.stage.row("select 1 from pgqueuer where status in ('queued', 'picked')"
                              " and convert_from(payload, 'UTF8') not like 'poll:%'")  # fmt: skip
        self.quiet_since = time.monotonic() if busy else self.quiet_since
        return time.monotonic() - self.quiet_since > QUIET

    def _mend(self) -> None:
        """The files that were not there are there now."""
        for name in [
            name for name, answer in self.files.files.items() if answer.status_code == 503
        ]:
            self.files.put(name.removeprefix("/"))

    def _command(self, role: str) -> None:
        """A process other than web and worker dies, and another one goes on with its work."""
        found = {line: chat for (line, _), chat in self.chats.items() if SCENES[line].role == role}
        environ = {"DATABASE_URL": self._empty()} if role == "migrate" else ENVIRON.get(role, {})
        for line, chat in found.items():
            spec = f"{line}:1:{SCENES[line].deed(chat)}"
            life = self.stage.begin(role, spec, **environ)
            assert life.ended.wait(DIES_WITHIN), f"nobody dies at {spec}"
            assert life.code == KILLED, f"{role} ended by itself ({life.code}) before {spec}"
            self.killed += 1
        if found and role != "clock":
            again = self.stage.begin(role, **environ)
            assert again.ended.wait(DIES_WITHIN)
            assert again.code == 0, f"{role} cannot go on"

    def _empty(self) -> str:
        """A database without tables."""
        url = self.stage.environ["DATABASE_URL"]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("drop database if exists hub_stage_empty with (force)")
            connection.execute("create database hub_stage_empty template template0")
        return re.sub(r"///\w+\?", "///hub_stage_empty?", url)


COMMANDS = ("clock", "rotate_keys", "migrate")
ENVIRON = {"rotate_keys": {"HUB_KEYS": f"{ANOTHER_KEY},{KEYS}"}}
