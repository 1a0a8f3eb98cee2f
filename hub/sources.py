"""The sources that a process has met: their rows, believed until the database says otherwise.

A row's `version` goes with what it vouched for, and the transaction that stores that compares it
(`hub.store.telling`): a secret that was changed a moment ago is trusted by nobody, and an event
costs no query to know its source.
"""

from hub.store import Row, Store

MOST = 10_000  # rows kept; more sources than that are read again and again


class Sources:
    """Sources by id."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._met: dict[str, Row] = {}

    def get(self, source_id: str) -> Row | None:
        """The source as it is, or was when it was met."""
        return self._met.get(source_id) or self.read(source_id)

    def read(self, source_id: str) -> Row | None:
        """The source as it is."""
        sql = "select *, xmin::text as version from sources where id = :id"
        with self.store.reading() as tx:
            row = tx.first(sql, id=source_id)
        if row is None:
            self._met.pop(source_id, None)
        elif len(self._met) < MOST or source_id in self._met:
            self._met[source_id] = row
        return row
