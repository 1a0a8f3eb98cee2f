"""What must hold whatever died: each invariant looks from outside, and says what it found wrong.

The desks' ledgers, the file of acknowledged ids and what the subscriber received are the oracle;
the database is asked only for what nobody else can tell.
"""

import base64
import hmac
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from tests.faults import vitals
from tests.faults.evidence import Evidence

MOST_ATTEMPTS = 10  # of a delivery, before it fails for good
LATE = 30.0  # seconds: more than a job takes, also one whose worker has just been killed


def acknowledged_is_stored(seen: Evidence) -> list[str]:
    """I1: the acknowledged ids are the ids in the database."""
    acked = {one["id"] for one in seen.acknowledged}
    stored = {row["id"] for row in seen.rows("select id from events where direction = 'in'")}
    begun = {row["id"] for row in seen.rows("select id from escalations")}
    lost = [f"event {one} is lost" for one in acked - stored]
    lost += [f"escalation {one} is lost" for one in set(seen.escalated()) - begun]
    return lost + [f"event {one} was never acknowledged" for one in stored - acked]


def one_ticket_each(seen: Evidence) -> list[str]:
    """I2: each acknowledged escalation is exactly one ticket, or one parked item."""
    opened = seen.opened()
    parked = {r["id"] for r in seen.rows("select id from escalations where parked is not null")}
    # At the Help Desk somebody has to take it; who gives it back at once wants no ticket.
    waits = {r["id"] for r in seen.rows(
        "select e.id from escalations e join connections c on c.id = e.connection_id"
        " where c.desk = 'live_chat' and (e.state = 'returned' or e.taken_over_at is null)"
    )}  # fmt: skip
    wrong = []
    for one in seen.escalated():
        least = 0 if one in parked | waits else 1
        if not least <= opened[one] <= 1:
            wrong.append(f"{one} has {opened[one]} tickets")
    return wrong


def no_ticket_of_nobody(seen: Evidence) -> list[str]:
    """I3: no ticket without an acknowledged event or somebody who took over, and one for those."""
    opened, by_hand = seen.opened(), seen.taken_by_hand()
    nobodys = opened.keys() - seen.escalated().keys() - by_hand
    wrong = [f"nobody asked for a ticket of {key}" for key in nobodys]
    return wrong + [f"{key} has {opened[key]} tickets" for key in by_hand if opened[key] > 1]


def order_is_kept(seen: Evidence) -> list[str]:
    """I4: per conversation the desk's order is the accepted order, each once; none goes back."""
    wrong = []
    said: dict[str, list[str]] = defaultdict(list)
    for row in seen.rows(
        "select c.external_id as chat, m.text from messages m join conversations c"
        " on c.id = m.conversation_id where m.role = 'customer' and m.origin = 'source'"
        " order by m.seq"
    ):
        said[row["chat"]].append(row["text"])
    for one in seen.acknowledged:
        if one["text"] is not None and said[one["conversation"]].count(one["text"]) < 1:
            wrong.append(f"{one['conversation']}: {one['text']!r} is not in the conversation")
    comments = seen.comments()
    for row in seen.rows(
        "select t.desk, t.external_id, c.external_id as chat, t.transcript_seq from tickets t"
        " join conversations c on c.id = t.conversation_id"
    ):
        at_desk = comments.get((row["desk"], row["external_id"]), [])
        wrong += _out_of_order(row["chat"], said[row["chat"]], at_desk)
    return wrong + _gone_back(seen)


def _out_of_order(chat: str, said: Sequence[str], at_desk: Sequence[str]) -> list[str]:
    """Numbered words ("chat 3: ...") at the desk that come twice or in another order."""
    places = []
    for text in at_desk:
        found = [n for n, one in enumerate(said) if MARK.match(one) and one in text]
        places += found[:1]
    if places == sorted(set(places)):
        return []
    return [f"{chat}: the desk has the customer's words in the order {places}"]


MARK = re.compile(r"^\S+ #\d+: ")


def _gone_back(seen: Evidence) -> list[str]:
    """News of a status that does not follow the one before; a desk may open a ticket anew."""
    told = {headers["webhook-id"]: json.loads(body) for headers, body in seen.heard()}
    changed = {n: one for n, one in told.items() if one["type"] == "ticket.status_changed"}
    last: dict[str, str] = {}
    wrong = []
    for _, event in sorted(changed.items()):  # ids are made in the order of time
        ticket, before = event["data"]["ticket"], event["data"]["previous"]
        if last.setdefault(ticket["id"], before) != before:
            wrong.append(
                f"{ticket['id']} was {last[ticket['id']]}, and is told to have been {before}"
            )
        last[ticket["id"]] = ticket["status"]
    known = {row["id"]: row["status"] for row in seen.rows("select id, status from tickets")}
    return wrong + [f"{ticket} was told to be {status}, and is {known[ticket]}"
                    for ticket, status in last.items() if known[ticket] != status]  # fmt: skip


def everybody_hears(seen: Evidence) -> list[str]:
    """I5: the subscriber receives each event at least once: same id and body, signed."""
    secret = base64.b64decode(seen.stage.subscriber.secret.removeprefix("whsec_"))
    bodies: dict[str, bytes] = {}
    wrong = []
    for headers, body in seen.heard():
        name = headers["webhook-id"]
        signed = f"{name}.{headers['webhook-timestamp']}.".encode() + body
        right = base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
        if f"v1,{right}" not in headers["webhook-signature"].split():
            wrong.append(f"{name} is signed wrongly")
        if bodies.setdefault(name, body) != body:
            wrong.append(f"{name} came with another body")
    told = seen.rows(
        "select e.id from events e join subscribers s on s.workspace_id = e.workspace_id"
        " where e.direction = 'out' and s.url = :url and e.at > s.created_at",
        url=seen.stage.subscriber.url,
    )
    return wrong + [f"{row['id']} was never told" for row in told if row["id"] not in bodies]


def nothing_lies_about(seen: Evidence) -> list[str]:
    """I6: no job without an owner past its lease, and no work without a job.

    A desk's webhook may come late, and its job stand there for a moment: what lies about is there
    at every look.
    """
    found, ends = _lying(seen), time.monotonic() + LATE
    while found and time.monotonic() < ends:
        time.sleep(1)
        found &= _lying(seen)
    return sorted(found)


def _lying(seen: Evidence) -> set[str]:
    jobs = seen.rows("select convert_from(payload, 'UTF8') as name, status::text from pgqueuer")
    lost = seen.rows(
        "select 'escalation ' || id as name from escalations where parked is null and state in"
        "  ('received', 'summarised') and connection_id is not null and (taken_over_at is not null"
        "  or not exists (select 1 from connections c where c.id = connection_id"
        "    and c.desk = 'live_chat'))"
        " union all select 'relay ' || id from tickets where relaying and parked is null"
        " union all select 'delivery ' || id from deliveries where state = 'pending'"
        " union all select 'retry ' || id from retries where ended_at is null"
        " union all select 'replay ' || id from replays where state = 'running'"
        " union all select 'entry ' || id from entries where state = 'sending'"
        " union all select 'create ' || id from escalations where create_started_at is not null"
        "  and ticketed_at is null and parked is null"
    )
    return {f"job {row['name']} is {row['status']}" for row in jobs} | {
        f"{row['name']} waits for ever" for row in lost
    }


def attempts_are_counted(seen: Evidence) -> list[str]:
    """I7: attempts never exceed the schedule."""
    heard = Counter(headers["webhook-id"] for headers, _ in seen.stage.subscriber.requests)
    allowed = {
        row["event_id"]: row["tries"] + row["run"]
        for row in seen.rows("select event_id, tries, run from deliveries")
    }
    wrong = [f"{one} came {n} times, begun {allowed.get(one)} times"
             for one, n in heard.items() if n > allowed.get(one, 0)]  # fmt: skip
    over = seen.rows("select id, tries from deliveries where tries > :most", most=MOST_ATTEMPTS)
    return wrong + [f"{row['id']} was tried {row['tries']} times" for row in over]


ONCE = ("escalation.accepted", "escalation.summarised", "ticket.created")
TAKEN = "conversation.taken_over"


def every_change_is_recorded_once(seen: Evidence) -> list[str]:
    """I8: every change of state has one audit row."""
    wrong = []
    told = seen.rows("select escalation_id, what from audit where what = any(:w)", w=[*ONCE, TAKEN])
    lines = Counter((row["escalation_id"], row["what"]) for row in told)
    for row in seen.rows(
        "select e.id, e.summary is not null as told, t.id as ticket,"
        " e.reason ->> 'code' = 'takeover' as by_hand from escalations e"
        " left join tickets t on t.escalation_id = e.id"
    ):
        accepted = int(not row["by_hand"])  # nobody escalated: a teammate took over
        due = (accepted, int(row["told"]), int(row["ticket"] is not None))
        if row["by_hand"] and not lines[row["id"], TAKEN]:
            wrong.append(f"{row['id']}: no line of {TAKEN}")
        for what, times in zip(ONCE, due, strict=True):
            if lines[row["id"], what] != times:
                wrong.append(f"{row['id']}: {lines[row['id'], what]} lines of {what}, not {times}")
    for row in seen.rows(
        "select c.id, c.epoch, count(a.id) as lines from conversations c left join audit a"
        " on a.conversation_id = c.id and a.what in ('conversation.paused', 'conversation.resumed')"
        " group by c.id having c.epoch > count(a.id)"
    ):
        wrong.append(f"{row['id']}: epoch {row['epoch']} and {row['lines']} lines")
    return wrong


def no_secret_gets_out(seen: Evidence) -> list[str]:
    """I9: no secret and no customer's number in a log or in a job's argument, no secret in news."""
    stage = seen.stage
    secrets = {"the source's": stage.source["secret"], "the key": stage.key,
               "the subscriber's": stage.subscriber.secret}  # fmt: skip
    jobs = json.dumps([r["p"] for r in seen.rows(
        "select distinct convert_from(payload, 'UTF8') as p from pgqueuer")])  # fmt: skip
    news = "".join(body.decode() for _, body in seen.heard())
    places = {log.name: log.read_text() for log in stage.folder.glob("*.log")} | {"jobs": jobs}
    wrong = [
        f"{name} secret is in {place}"
        for place, text in (places | {"news": news}).items()
        for name, secret in secrets.items()
        if secret in text
    ]
    number = re.compile(r"1511\W*8472739")
    return wrong + [f"the number is in {place}" for place, t in places.items() if number.search(t)]


def nonsense_is_refused(seen: Evidence) -> list[str]:
    """I10: no 5xx on malformed input, but for the 503 of a database that is away."""
    return [f"{one['event']} input was answered {one['status']}" for one in seen.refused
            if not 400 <= one["status"] < 500 and one["status"] != 503]  # fmt: skip


def what_was_taken_is_given_back(seen: Evidence) -> list[str]:
    """I11: memory, threads and open files come back to what they were after the first round."""
    return [one for now in seen.held[1:] for one in vitals.kept(seen.held[0], now)]


def nobody_strange_is_called(seen: Evidence) -> list[str]:
    """I12: no process of the hub has a connection to an address that is not allowed."""
    return [f"somebody was connected to {one}" for one in seen.strangers]


def walls_stand(seen: Evidence) -> list[str]:
    """I13: no row of a workspace was changed by what happened in another."""
    stage = seen.stage
    tables = [r["t"] for r in seen.rows(
        "select table_name as t from information_schema.columns where table_schema = 'public'"
        " and column_name = 'workspace_id'")]  # fmt: skip
    return [
        f"{table} has rows of a workspace that nobody used"
        for table in tables
        if table not in ("connections", "audit", "mappings")
        and seen.rows(f"select 1 from {table} where workspace_id = :other limit 1",
                      other=stage.neighbour)
    ]  # fmt: skip


INVARIANTS: dict[str, Callable[[Evidence], list[str]]] = {
    "I1": acknowledged_is_stored,
    "I2": one_ticket_each,
    "I3": no_ticket_of_nobody,
    "I4": order_is_kept,
    "I5": everybody_hears,
    "I6": nothing_lies_about,
    "I7": attempts_are_counted,
    "I8": every_change_is_recorded_once,
    "I9": no_secret_gets_out,
    "I10": nonsense_is_refused,
    "I11": what_was_taken_is_given_back,
    "I12": nobody_strange_is_called,
    "I13": walls_stand,
}


def broken(seen: Evidence) -> dict[str, list[str]]:
    """What does not hold, by invariant."""
    found = {name: look(seen) for name, look in INVARIANTS.items()}
    return {name: wrong for name, wrong in found.items() if wrong}
