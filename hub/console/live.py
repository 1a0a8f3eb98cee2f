"""Live pages: one question a second a process tells every open page that it has news.

A page is told only that something happened, and asks for its live part itself: what a teammate may
see is decided in one place. No page holds a database connection, a page that does not listen piles
nothing up, and a process that nobody watches asks nothing.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus

import structlog
from flask import Response, abort, current_app, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from hub import ids
from hub.console import notices, shell
from hub.console.shell import found, me, user
from hub.current import house
from hub.store import Question, Row, Rows, Store, conversations, presence, question, utc_now

blueprint = shell.noun("live")
log = structlog.get_logger()

MOST = 400  # streams a process; a page without one asks every few seconds
EVERY = 1.0  # seconds between two looks
HEARTBEAT = 15.0  # seconds after which a silent stream says that it lives
LAST_LOOK = 10.0  # seconds for which a house that closes waits for the look under way
LONGEST = 600.0  # seconds of one stream: then the browser signs itself in anew
WINDOW = timedelta(seconds=15)  # a commit this late is still seen: ids tell the birth, not the end
AT_ONCE = 1000  # news of one look
NEWS = (
    "select id, workspace_id, conversation_id from {0} where id > :floor"
    " and workspace_id = any(:workspaces) order by id desc limit :most"
)


@dataclass(eq=False, slots=True)
class Watcher:
    """An open page: of one conversation, or of all that a workspace has."""

    workspace_id: str
    conversation_id: str | None
    news: threading.Event = field(default_factory=threading.Event)


class Feed:
    """What happens in the workspaces whose pages are open in this process."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.watchers: set[Watcher] = set()
        self.lock = threading.Lock()
        self.seen: set[str] = set()
        self.there: dict[str, list[tuple[str, str]]] = {}
        self.thread: threading.Thread | None = None
        self.over = threading.Event()

    def end(self) -> None:
        """Ask nothing any more, and let every open page go."""
        self.over.set()
        with self.lock:
            looking = self.thread
            for watcher in self.watchers:
                watcher.news.set()
        if looking is not None:
            looking.join(LAST_LOOK)

    def watch(self, watcher: Watcher) -> bool:
        """From now on the watcher is told of news; False when there are too many."""
        with self.lock:
            if len(self.watchers) >= MOST or self.over.is_set():
                return False
            self.watchers.add(watcher)
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._look, daemon=True, name="live")
                self.thread.start()
        return True

    def leave(self, watcher: Watcher) -> None:
        """The page is closed."""
        with self.lock:
            self.watchers.discard(watcher)

    def look(self) -> None:
        """Tell every watcher whose conversation or workspace has something new."""
        watchers = list(self.watchers)
        workspaces = sorted({one.workspace_id for one in watchers})
        watched = sorted({one.conversation_id for one in watchers if one.conversation_id})
        with self.store.transaction() as tx:
            rows = [row for rows in tx.ask(*self._questions(workspaces)) for row in rows]
            there = presence.of(tx, workspaces, watched)
        fresh = [row for row in rows if row["id"] not in self.seen]
        self.seen = {row["id"] for row in rows}
        for watcher in watchers:
            if any(_concerns(watcher, row) for row in fresh):
                watcher.news.set()
        self._tell_who_is_there(watchers, watched, there)

    def _look(self) -> None:
        while self._is_watched():
            try:
                self.look()
            except SQLAlchemyError as problem:  # the pages find out by themselves
                log.warning("live.database_away", why=type(problem).__name__)
            self.over.wait(EVERY)

    def _is_watched(self) -> bool:
        with self.lock:
            if not self.watchers:
                self.thread = None  # the next page that opens has another look
            return bool(self.watchers) and not self.over.is_set()

    def _questions(self, workspaces: list[str]) -> Iterator[Question]:
        for table, noun in (("events", "event"), ("audit", "audit")):
            floor = ids.first(noun, utc_now() - WINDOW)
            yield question(NEWS.format(table), floor=floor, workspaces=workspaces, most=AT_ONCE)

    def _tell_who_is_there(self, watchers: list[Watcher], watched: list[str], rows: Rows) -> None:
        now: dict[str, list[tuple[str, str]]] = {conversation: [] for conversation in watched}
        for row in rows:
            now[row["conversation_id"]].append((row["user_id"], row["doing"]))
        before, self.there = self.there, now
        for watcher in watchers:
            conversation = watcher.conversation_id
            if conversation in before and before[conversation] != now.get(conversation):
                watcher.news.set()


@blueprint.get("/live")
def stream() -> Response:
    """Server-sent events: `news` whenever the page, or its conversation, should be looked at."""
    told = _feed()
    watcher = Watcher(me().workspace_id, _watched(request.args.get("conversation", "")))
    if not told.watch(watcher):
        return Response(status=503, headers={"Retry-After": "60"})
    return Response(
        _lines(told, watcher),
        content_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


def _feed() -> Feed:
    """The process's one, which ends with its house."""
    mine = Feed(house().store)
    told: Feed = current_app.extensions.setdefault("live", mine)
    if told is mine:
        house().ends.callback(mine.end)
    return told


def _watched(conversation: str) -> str | None:
    """The conversation, which must be the workspace's own: one look serves everybody's pages."""
    if not conversation:
        return None
    if "\0" in conversation:
        abort(HTTPStatus.NOT_FOUND)
    with house().store.transaction() as tx:
        row = found(conversations.get(tx, me().workspace_id, conversation))
    return str(row["id"])


@blueprint.get("/notices")
def shown() -> Response:
    """What a desktop notification may tell the teammate of, each under its own tag."""
    with house().store.transaction() as tx:
        return jsonify({"data": notices.of(tx, user())})


def _lines(told: Feed, watcher: Watcher) -> Iterator[str]:
    ends = time.monotonic() + LONGEST
    try:
        yield "retry: 2000\n\nevent: news\ndata:\n\n"  # what happened before we watched
        while time.monotonic() < ends and not told.over.is_set():
            if watcher.news.wait(HEARTBEAT):
                watcher.news.clear()
                yield "event: news\ndata:\n\n"
            else:
                yield ": here\n\n"
    finally:
        told.leave(watcher)


def _concerns(watcher: Watcher, row: Row) -> bool:
    if row["workspace_id"] != watcher.workspace_id:
        return False
    return watcher.conversation_id in (None, row["conversation_id"])
