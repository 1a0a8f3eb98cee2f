"""After a restore: the ticket may stand at another desk of the route than the database remembers.

Each is asked before a ticket is made anywhere. One that does not answer is asked again for a while;
then there is a doubt, and doubts are for people: the escalation is parked.
"""

from connectors.errors import ConnectorError, Retryable
from hub.house import House
from hub.pipeline.case import Case, Unsure
from hub.store import Row

PATIENCE = 600.0  # seconds
# The desks of its route, and those where it was before.
OTHERS = """
select c.* from connections c where c.id <> :here and c.desk <> 'live_chat'
    and c.archived_at is null and (c.id = any(:given_up)
    or c.id = any(select unnest(r.connection_ids) from routes r where r.id = :route))
order by c.id
"""


def elsewhere(house: House, case: Case) -> Row | None:
    """The connection of the route, other than the case's, at whose desk the ticket stands."""
    row = case.escalation
    if row["restored_at"] is None:
        return None
    with house.store.transaction() as tx:
        asked = {"given_up": row["given_up"], "route": row["route_id"]}
        others = tx.all(OTHERS, here=case.connection["id"], **asked)
    return next((one for one in others if _stands_at(house, one, case)), None)


def _stands_at(house: House, connection: Row, case: Case) -> bool:
    since = (case.now - case.escalation["restored_at"]).total_seconds()
    connector = house.desks.open(connection)
    if since < connector.can.find_lag:
        wait = connector.can.find_lag - since
        raise Retryable(f"{connection['name']} shows new tickets later", retry_after=wait)
    try:
        return connector.find_ticket(case.draft.key) is not None
    except ConnectorError as problem:
        words = (
            f"A ticket may stand at {connection['name']} since before the restore, and it cannot be"
            f" looked for there: {problem}"
        )
        if since < PATIENCE and isinstance(problem, Retryable):
            raise Retryable(words, retry_after=problem.retry_after) from None
        raise Unsure(words) from None
