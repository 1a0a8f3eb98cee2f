"""The tables as PostgreSQL's catalogue tells them, the queue's included: no list to keep."""

from collections import defaultdict
from collections.abc import Sequence
from graphlib import TopologicalSorter
from typing import NamedTuple

from hub.store import Tx

# What lasts minutes, or lets somebody in who has signed out since, is not kept.
PASSING = ("sessions", "sign_ins", "authorizations", "tries", "pgqueuer_log", "alembic_version")

TABLES = """
select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    and not a.attisdropped and a.attgenerated = ''
where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
    and c.relpersistence = 'p' and c.relname <> all(:passing)
group by c.relname order by c.relname
"""
REFERENCES = """
select child.relname as child, parent.relname as parent from pg_constraint k
join pg_class child on child.oid = k.conrelid join pg_class parent on parent.oid = k.confrelid
where k.contype = 'f' and child.relnamespace = current_schema()::regnamespace
"""
SEQUENCES = """
select sequencename as name, last_value as value from pg_sequences
where schemaname = current_schema() and last_value is not null order by 1
"""


class Table(NamedTuple):
    """A table that is kept."""

    name: str
    columns: Sequence[str]


def tables(tx: Tx) -> Sequence[Table]:
    """Every table that is kept, parents before their children."""
    found = {row["name"]: Table(**row) for row in tx.all(TABLES, passing=list(PASSING))}
    parents: dict[str, set[str]] = defaultdict(set)
    for row in tx.all(REFERENCES):
        parents[row["child"]].add(row["parent"])
    order = TopologicalSorter({name: sorted(parents[name]) for name in found}).static_order()
    return [found[name] for name in order if name in found]


def sequences(tx: Tx) -> dict[str, int]:
    """How far each sequence has counted."""
    return {row["name"]: row["value"] for row in tx.all(SEQUENCES)}


def revision(tx: Tx) -> str | None:
    """The migration that the schema stands at; None without a schema."""
    if tx.value("select to_regclass('alembic_version')") is None:
        return None
    found: str | None = tx.value("select version_num from alembic_version")
    return found
