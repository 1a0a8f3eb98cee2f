"""Finding conversations by words: the customer's name, what was said, a subject, a ticket's number.

Every word must be there, the last as the beginning of one at least; small and capital letters are
the same. An index of words answers, so that a million messages are not read.

Behind the second wall PostgreSQL does not use that index: it reads each row that the policy lets
pass and makes its words, because nobody promises that those functions are leakproof
(https://www.postgresql.org/docs/current/rules-privileges.html). So a search goes without it; the
first wall is in each statement here, as the workspace's word or its id.
"""

import re
from collections.abc import Mapping
from typing import Any

from hub.store import Tx
from hub.store.indexes import JOINTS, WORDS

MOST_WORDS = 8
SHORTEST_BEGINNING = 2  # letters: of shorter ones there are too many
COMMON = 20_000  # messages that have a word: a list may find a page's worth among its newest
WISH = "(cast(:workspace_word as tsquery) && to_tsquery('simple', :wish))"

SAID = f"select 1 from messages m where {WORDS['messages']} @@ {WISH} limit :common"
# All that have the words: the ids from each index. It costs what their number costs.
AMONG = f"""c.id in (
    select conversation_id from messages where {WORDS["messages"]} @@ {WISH}
    union all select id from conversations where {WORDS["conversations"]} @@ {WISH}
    union all select conversation_id from escalations where {WORDS["escalations"]} @@ {WISH}
    union all select conversation_id from tickets
        where workspace_id = :workspace and external_id = :number)"""
# Whether one conversation has them; it costs what the number of conversations costs. `offset 0`
# keeps the planner from reading every message that has the words first.
EACH = f"""(exists (select 1 from conversations where id = c.id
        and {WORDS["conversations"]} @@ {WISH})
    or exists (select 1 from messages where conversation_id = c.id
        and {WORDS["messages"]} @@ {WISH} offset 0)
    or exists (select 1 from escalations where conversation_id = c.id
        and {WORDS["escalations"]} @@ {WISH}))"""


def values_of(workspace_id: str, looked_for: str) -> dict[str, Any] | None:
    """The values of every condition here; None where there is no word to look for."""
    wish = _wish(looked_for)
    if wish is None:
        return None
    return {"workspace_word": f"'{workspace_id}'", "wish": wish, "number": looked_for.strip("# ")}


def is_common(tx: Tx, values: Mapping[str, Any]) -> bool:
    """Whether so many messages have the words that most lists will find some at their top."""
    said: int = tx.value(f"select count(*) from ({SAID}) s", common=COMMON, **values)
    return said == COMMON


def _wish(looked_for: str) -> str | None:
    """The words as PostgreSQL's query of words."""
    plain = looked_for.translate(str.maketrans(JOINTS, " " * len(JOINTS)))
    found = re.findall(r"\w+", plain)[:MOST_WORDS]
    if not found:
        return None
    *before, last = found
    beginning = ":*" if len(last) >= SHORTEST_BEGINNING else ""
    return " & ".join([*(f"'{word}'" for word in before), f"'{last}'{beginning}"])
