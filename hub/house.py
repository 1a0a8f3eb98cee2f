"""The house: everything that a process of the hub holds, put together in one place."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hub import settings as settings_module
from hub.crowd import Crowd
from hub.desks import Desks
from hub.pace import Pace
from hub.settings import Settings
from hub.sources import Sources
from hub.store import Store
from hub.summary.llm import Writer
from hub.telemetry import Metrics
from hub.tracing import Exporting, Tracing
from hub.vault import Vault
from hub.ways import Out
from webhooks.download import Downloads
from webhooks.guard import Guard
from webhooks.transport import GuardedSession


@dataclass(kw_only=True)
class House:
    """What the stories are given: database, vault, desks, the way out, pace, sources, chance,
    figures and traces."""

    settings: Settings
    store: Store
    vault: Vault
    desks: Desks
    guard: Guard
    outbound: GuardedSession
    ways: Out  # of those who bring sessions of their own
    downloads: Downloads
    metrics: Metrics
    pace: Pace
    sources: Sources
    intake: Crowd[Any, Any] = field(default_factory=Crowd)  # of the events that platforms tell
    inbox: Crowd[Any, int] = field(default_factory=Crowd)  # of what desks tell
    tracing: Tracing = field(default_factory=Tracing)
    llm: Writer | None = None  # where a language model is to write the summaries
    random: Random = field(default_factory=Random)
    ends: ExitStack = field(default_factory=ExitStack)  # of what goes on by itself until `close`

    def close(self) -> None:
        """End what goes on by itself, and give back connections."""
        self.ends.close()
        self.desks.close()
        self.outbound.close()
        self.downloads.close()
        self.tracing.close()
        self.store.close()


def build(settings: Settings | None = None, *, pool: int = 8, store: Store | None = None) -> House:
    """A house from the environment's settings; nothing is connected yet."""
    settings = settings or settings_module.read()
    store = store or Store(settings.database_url, pool=pool)
    vault = Vault(settings.keys)
    guard = Guard(allow=settings.allow_networks)
    outbound = GuardedSession(guard)
    downloads = Downloads(outbound, sandbox=settings.sandbox_url)
    ways = Out(guard, settings.sandbox_url)
    return House(
        settings=settings,
        store=store,
        vault=vault,
        desks=Desks(
            store,
            vault,
            public_url=settings.public_url,
            sandbox_url=settings.sandbox_url,
            downloads=downloads,
            ways=ways,
        ),
        guard=guard,
        outbound=outbound,
        ways=ways,
        downloads=downloads,
        metrics=Metrics(),
        pace=Pace(settings.web_processes),
        sources=Sources(store),
        tracing=Exporting() if settings.tracing else Tracing(),
        llm=Writer(settings.llm) if settings.llm is not None else None,
    )
