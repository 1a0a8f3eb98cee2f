"""Every word and every byte of a database, by its own catalogue: no table can be forgotten."""

from hub.house import House

TABLES = """
    select c.relname as name from pg_class c
    where c.relkind in ('r', 'p', 'm') and c.relnamespace = 'public'::regnamespace order by 1"""


def dump(house: House) -> dict[str, str]:
    """All rows of every table as PostgreSQL writes them; jobs' payloads in the clear."""
    with house.store.transaction() as tx:
        tables = [row["name"] for row in tx.all(TABLES)]
        assert len(tables) > 30
        rows = {
            name: tx.value(f"select string_agg(t::text, E'\\n') from {name} t") or ""
            for name in tables
        }
        jobs = tx.value("select string_agg(convert_from(payload, 'UTF8'), ' ') from pgqueuer")
        return rows | {"jobs": jobs or ""}
