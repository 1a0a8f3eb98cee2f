"""What everybody outside has seen of a run: the oracle of the invariants."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from hub.store import Rows
from tests.faults.stage import Stage
from tests.faults.vitals import Vitals

PHONE = "+49 1511 8472739"  # the canary: a customer's number, said in the conversations


@dataclass
class Evidence:
    """What everybody outside has seen of a run that is over and worked off."""

    stage: Stage
    acknowledged: Sequence[Mapping[str, Any]]
    refused: Sequence[Mapping[str, Any]]  # what was answered otherwise than by 202
    ledger: Sequence[Mapping[str, Any]]
    strangers: Iterable[str] = ()  # addresses that a process of the hub was connected to
    held: Sequence[Mapping[str, Vitals]] = ()  # after each round of the same, by process

    def rows(self, sql: str, **values: Any) -> Rows:
        """What the database says."""
        with self.stage.house.store.transaction() as tx:
            return tx.all(sql, **values)

    def escalated(self) -> dict[str, str]:
        """Acknowledged escalations, and where they were to go."""
        return {
            one["escalation_id"]: one["desk"]
            for one in self.acknowledged
            if one["event"] == "conversation.escalated"
        }

    def taken_by_hand(self) -> set[str]:
        """Escalations by a teammate's takeover, as many as were asked for in a conversation."""
        left, found = Counter(self.stage.takeovers), set()
        for row in self.rows(
            "select e.id, c.external_id as chat from escalations e join conversations c"
            " on c.id = e.conversation_id where e.reason ->> 'code' = 'takeover'"
        ):
            if left[row["chat"]]:
                left[row["chat"]] -= 1
                found.add(row["id"])
        return found

    def opened(self) -> Counter[str]:
        """How many tickets the desks have for each key."""
        keys = Counter(r["key"] for r in self.ledger if r["call"] == "create_ticket")
        return keys + Counter(r["key"] for r in self.rows("select key from native_tickets"))

    def comments(self) -> dict[tuple[str, str], list[str]]:
        """What was written at each ticket for the customer, in the desk's order."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self.ledger:
            if row["call"] == "append_message":
                found[row["desk"], row["ticket_id"]].append(row["text"])
        for row in self.rows(
            "select ticket_id, text from native_entries where kind = 'message'"
            " and body ->> 'role' is distinct from 'agent' order by seq"
        ):
            found["live_chat", row["ticket_id"]].append(row["text"])
        return found

    def heard(self) -> Sequence[tuple[dict[str, str], bytes]]:
        """What the subscriber received."""
        return list(self.stage.subscriber.requests)


def gather(
    stage: Stage, strangers: Iterable[str] = (), held: Sequence[Mapping[str, Vitals]] = ()
) -> Evidence:
    """All that there is to know now."""
    told = requests.get(f"{stage.control}/_ledger", timeout=60).json()["data"]
    kept = stage.acknowledged.all()
    return Evidence(
        stage=stage,
        acknowledged=[one for one in kept if one["id"] is not None],
        refused=[one for one in kept if one["id"] is None],
        ledger=told,
        strangers=strangers,
        held=held,
    )
