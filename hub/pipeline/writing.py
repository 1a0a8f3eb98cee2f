"""What a language model writes, before the step that needs it: nothing is locked meanwhile."""

import time
from collections.abc import Callable

from hub import summary
from hub.house import House
from hub.pipeline import brief
from hub.store import conversations, question
from hub.summary.llm import RETURN, Writer, Written

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
    return _ask(house, lambda writer: writer.write(turns, rows[0]["language"]))


def brief_ahead(house: House, escalation_id: str) -> None:
    """Keep a brief for an escalation that is about to be handed back, where a model writes.

    The commit that hands it back takes it, if nothing was said since.
    """
    if house.llm is None:
        return
    with house.store.transaction() as tx:
        escalation = tx.one("select * from escalations where id = :id", id=escalation_id)
        conversation = tx.one(
            "select * from conversations where id = :id", id=escalation["conversation_id"]
        )
        said = brief.stretch(tx, conversation["id"])
    if escalation["state"] == "returned" or said.last is None or brief.kept(escalation, said):
        return
    plain = brief.quoted(said, conversation, escalation)
    written = _ask(house, lambda writer: writer.rewrite(said.turns, plain, RETURN))
    with house.store.transaction() as tx:
        brief.keep(tx, escalation, said, written)


def _ask(house: House, ask: Callable[[Writer], Written]) -> Written:
    """What the model wrote, counted."""
    assert house.llm is not None
    began = time.monotonic()
    written = ask(house.llm)
    if written.asked:
        end = "accepted" if written.refusal is None else written.refusal.code
        house.metrics.llm.labels(end).inc()
        house.metrics.llm_seconds.observe(time.monotonic() - began)
    return written
