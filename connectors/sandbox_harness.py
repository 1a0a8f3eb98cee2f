"""What the contract tests need to know of a desk, beyond what its sandbox tells by itself."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from connectors.sandbox_shapes import Case, Entry, Held
from connectors.types import Status


@dataclass(frozen=True, kw_only=True)
class Harness:
    """One desk as the tests drive it; expectations here come from the vendor's facts."""

    desk: str
    base_url: str | None  # of the whole sandbox; None for a desk without HTTP
    config: Mapping[str, Any]  # a form that verifies with nothing missing
    words: Mapping[str, Status]  # the desk's own status words, and what each means
    reach: Mapping[Status, Status]  # set_status(key) leaves the ticket in (value)
    agents: tuple[str, ...] = ("Ann Agent", "Ben Berger")
    cannot: tuple[str, ...] = ()  # what agents of this desk never do: "merge", "delete", "files"
    wrong_config: Mapping[str, Any] | None = None  # a form whose secret the desk refuses
    weak_config: Mapping[str, Any] | None = None  # accepted, but a right is missing
    weak_word: str = ""  # what verify() must then name in `missing`
    needs: tuple[str, ...] = ("subject",)  # fields without which a new ticket is refused
    own_fields: Mapping[str, Any] = field(default_factory=dict)  # of this account; legal values
    consent_config: Mapping[str, Any] | None = None  # a form for the desk's own page (`consent`)
    strange_word: str | None = None  # a status of this account that no default knows
    renews_tokens: bool = False  # access tokens die, and the connector gets new ones
    closed_refuses: bool = True  # a closed ticket takes no further message
    merged_refuses: bool = True  # a merged ticket neither
    conflict_passes: bool = False  # its 409 is a collision of two writers, not a ticket's state
    signature_headers: tuple[str, ...] = ()  # without any of these a webhook is refused
    signs_time: bool = True  # the signature covers when the webhook was sent
    page: int = 100  # changed tickets, the most that a request of a poll brings
    untold_by_poll: tuple[str, ...] = ()  # deeds that only webhooks tell: "delete", "merge"
    names_survivor: tuple[str, ...] = ()  # ways that tell the ticket one went into by a merge
    unused_event: bytes | None = None  # a genuine event of a kind that the hub has no use for
    settings: Mapping[str, float] = field(default_factory=dict)  # to keep the tests quick
    native: Any = None  # live_chat: the desk itself, for `Ports.native`
    agent: Callable[[str, Mapping[str, Any]], Any] | None = None  # default: POST /_act
    holds: Callable[[str], Case] | None = None  # default: GET /_tickets

    def act(self, ticket_id: str, **deeds: Any) -> list[str]:
        """Let an agent `reply`, `note`, `status`, `assign`, `merge` or `delete`."""
        if self.agent is not None:
            return list(self.agent(ticket_id, deeds) or ())
        told = self._post("/_act", {"ticket_id": ticket_id} | deeds)
        return list(told["ids"])

    def read(self, ticket_id: str) -> Case:
        """The ticket as the desk itself holds it."""
        if self.holds is not None:
            return self.holds(ticket_id)
        asked = {"desk": self.desk, "ticket_id": ticket_id}
        return _case(self._get("/_tickets", asked)["data"])

    def ledger(self, after: int = 0, call: str | None = None) -> list[dict[str, Any]]:
        """What happened at this desk."""
        asked = {"desk": self.desk, "after": after, "call": call}
        found: list[dict[str, Any]] = self._get("/_ledger", asked)["data"]
        return found

    def fault(self, mode: str, **how: Any) -> None:
        """Make something go wrong at this desk from now on."""
        self._post("/_faults", {"mode": mode} | how)

    def mend(self) -> int:
        """Nothing goes wrong any more; how often something did."""
        faults = self._get("/_faults", {})["data"]
        asked = {"desk": self.desk}
        requests.delete(f"{self.base_url}/_faults", params=asked, timeout=10).raise_for_status()
        return sum(fault["hits"] for fault in faults if fault["desk"] == self.desk)

    def set(self, **settings: float) -> None:
        """Change the desk's settings."""
        self._post("/_settings", settings)

    def register(self, url: str, secret: str) -> None:
        """Set up the webhook by hand."""
        self._post("/_hooks", {"url": url, "secret": secret})

    def reset(self) -> None:
        """An empty desk without faults, with this harness's settings."""
        if self.base_url is not None:
            self._post("/_reset", {})
            self.set(**self.settings)

    def _post(self, path: str, wish: Mapping[str, Any]) -> Any:
        told = requests.post(f"{self.base_url}{path}", json={"desk": self.desk, **wish}, timeout=30)
        assert told.ok, f"{path} {wish}: {told.status_code} {told.text}"
        return told.json()

    def _get(self, path: str, asked: Mapping[str, Any]) -> Any:
        told = requests.get(f"{self.base_url}{path}", params=asked, timeout=30)
        assert told.ok, f"{path} {asked}: {told.status_code} {told.text}"
        return told.json()


def _case(shown: dict[str, Any]) -> Case:
    entries = []
    for entry in shown.pop("entries"):
        files = tuple(
            Held(**file | {"data": base64.b64decode(file["data"])}) for file in entry.pop("files")
        )
        entries.append(Entry(**entry, files=files))
    return Case(**shown | {"tags": tuple(shown["tags"])}, entries=tuple(entries))
