"""The summary that a language model writes, before the run that needs it begins."""

import time

from hub import summary
from hub.house import House
from hub.store import conversations, question
from hub.summary.llm import Written

UNWRITTEN = """
select c.language from escalations e join conversations c on c.id = e.conversation_id
where e.id = :id and e.state = 'received' and e.summary is null
"""


def ahead(house: House, escalation_id: str) -> Written | None:
    """A summary for an escalation that has none; None where no model is to write it.

    It may take as long as `hub.summary.llm` allows, so nothing is locked and no transaction is
    open meanwhile. What it gives is stored by the run that then begins: a run after that does not
    ask again, and one that is killed before it has begun leaves nothing behind.
    """
    if house.llm is None:
        return None
    with house.store.transaction() as tx:
        rows, transcript = tx.ask(
            question(UNWRITTEN, id=escalation_id), conversations.transcript_of(escalation_id)
        )
    if not rows:
        return None
    turns = [summary.Turn(id=m["id"], role=m["role"], text=m["text"]) for m in transcript]
    began = time.monotonic()
    written = house.llm.write(turns, rows[0]["language"])
    if written.asked:
        end = "accepted" if written.refusal is None else written.refusal.code
        house.metrics.llm.labels(end).inc()
        house.metrics.llm_seconds.observe(time.monotonic() - began)
    return written
