"""In which trace a piece of work belongs: its escalation's (`hub.tracing`)."""

from hub.store import Tx

SPANS = {"escalate": "escalate.run", "sync": "sync.apply", "deliver": "delivery"}  # else the story
OF = {  # by the prefix of the work's id
    "esc": "select traceparent from escalations where id = :id",
    "tic": "select e.traceparent from tickets t join escalations e on e.id = t.escalation_id"
    " where t.id = :id",
    "chg": "select e.traceparent from changes c join tickets t on t.connection_id = c.connection_id"
    " and t.external_id = c.external_ticket_id join escalations e on e.id = t.escalation_id"
    " where c.id = :id",
    "dlv": "select e.traceparent from deliveries d join events v on v.id = d.event_id"
    " join escalations e on e.id = v.escalation_id where d.id = :id",
}


def of(tx: Tx, subject: str) -> str | None:
    """Where the trace of this work's escalation began; None when it has none."""
    ask = OF.get(subject.partition("_")[0])
    found: str | None = tx.value(ask, id=subject) if ask else None
    return found
