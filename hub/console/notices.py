"""What a teammate wants to be told of while they look elsewhere."""

from typing import Any

from hub.console import words
from hub.store import Row, Tx

MOST = 20
WAITING = """
select 'waiting:' || e.id as tag, c.id, c.requester, e.summary ->> 'subject' as said
from escalations e join conversations c on c.id = e.conversation_id
where e.workspace_id = :workspace and e.state in ('received', 'summarised', 'parked') and c.waiting
order by e.id desc limit :most
"""
# A customer's words in my tickets that I have not read, and tickets that became mine.
MINE = """
select case when m.seq > coalesce(r.seq, 0) then 'message:' || m.id else 'ticket:' || t.id end
  as tag, c.id, c.requester, m.text as said, m.seq > coalesce(r.seq, 0) as wrote
from native_tickets n join tickets t on t.external_id = n.id and t.desk = 'live_chat'
  and t.workspace_id = n.workspace_id
join conversations c on c.id = t.conversation_id
left join reads r on r.conversation_id = c.id and r.user_id = :me
left join lateral (select id, seq, left(text, 120) as text from messages
  where conversation_id = c.id and role = 'customer' order by seq desc limit 1) m on true
where n.workspace_id = :workspace and n.assignee_id = :me
  and n.status not in ('solved', 'closed')
order by m.seq desc nulls last limit :most
"""


def of(tx: Tx, teammate: Row) -> list[dict[str, Any]]:
    """Notices with a tag that stays the same for the same thing, a title, words and an address."""
    values = {"workspace": teammate["workspace_id"], "most": MOST}
    waiting = tx.all(WAITING, **values)
    mine = tx.all(MINE, me=teammate["id"], **values)
    return [
        *(_notice(row, "{} waits for a human") for row in waiting),
        *(_notice(row, "{} wrote" if row["wrote"] else "{} is yours") for row in mine),
    ]


def _notice(row: Row, title: str) -> dict[str, Any]:
    return {
        "tag": row["tag"],
        "title": title.format(words.customer(row["requester"])),
        "body": row["said"] or "",
        "url": f"/conversations/{row['id']}",
    }
