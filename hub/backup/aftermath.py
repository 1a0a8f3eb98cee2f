"""What a restored database must know: the desks have seen more than it remembers.

Between the backup and the loss the hub made tickets, wrote messages, notes and files, of which this
database knows nothing. So nothing that stood in the backup undone is written to a desk before it
was looked for there: by the ticket's key, by the words of a note, by the ids of messages and files.

Bots may know a later epoch than this database, and subscribers order news by it: all leap ahead.
"""

from hub.store import Tx, audit

EPOCHS = 1000  # more changes of speaker than a conversation has had since the backup

LOOK_FIRST = """
update escalations e set restored_at = :now, create_started_at = case
    when exists (select 1 from tickets t where t.escalation_id = e.id) then create_started_at
    else :now end
where state <> 'returned' returning id, workspace_id, conversation_id
"""
# Intended before, so far as the relay knows: it looks for each before it writes.
INTENDED = """
insert into entries (id, workspace_id, ticket_id, message_id, kind, created_at)
select 'ent_' || substr(m.id, 5, 10) || left(md5(t.id || m.id), 16), t.workspace_id, t.id, m.id,
    'message', :now
from tickets t join messages m on m.conversation_id = t.conversation_id and m.seq > t.relayed_seq
    and m.role = 'customer' and m.origin = 'source'
where t.closed_at is null
on conflict do nothing
"""
# Whoever held these jobs is gone.
LET_GO = "update pgqueuer set status = 'queued', queue_manager_id = null where status = 'picked'"


def settle(tx: Tx, made_at: str) -> int:
    """Have everything undone looked for before it is done; how many escalations are open."""
    rows = tx.all(LOOK_FIRST, now=tx.now)
    tx.run(INTENDED, now=tx.now)
    tx.run(LET_GO)
    tx.run("update conversations set epoch = epoch + :leap", leap=EPOCHS)
    why = f"From the backup of {made_at}: what its desk has seen since is looked for first."
    for row in rows:
        about = {"conversation_id": row["conversation_id"], "escalation_id": row["id"]}
        audit.record(tx, row["workspace_id"], "escalation.restored", why, **about)
    for workspace in tx.all("select id from workspaces"):
        told = f"From the backup of {made_at}."
        audit.record(tx, workspace["id"], "hub.restored", told, actor="cli")
    return len(rows)
