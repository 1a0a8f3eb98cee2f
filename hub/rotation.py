"""Every secret under the first of `HUB_KEYS`: looked at when a process starts, moved by a command.

`python -m hub keys rotate` seals anew what another key, or the vault's first form, has sealed. It
works in batches beside a running hub, each of which is a transaction: killed at any moment and run
again, it goes on with what is left.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError

from hub.house import House
from hub.setting_values import BadSetting
from hub.store import Row, Tx
from hub.telemetry import crashpoint
from hub.vault import FORM, Place, Unsealable, Vault

BATCH = 100  # secrets a transaction
AGAIN = 1.0  # seconds until a token is looked for again that is being renewed
SAMPLES = 3  # of each key, at start: one row that was spoilt keeps no hub from starting


class Secret(NamedTuple):
    """A sealed column; `row` is what its place calls the row, `field` what it calls the column."""

    table: str
    column: str
    field: str
    key: str = "id"
    row: str = "id"
    of: str | None = None  # the table that its place names, where it is another
    free: str = "true"  # what must hold of a row before it may be sealed anew

    def place(self, row: Row) -> Place:
        """Where a row's secret lives."""
        return Place(row["workspace_id"], self.of or self.table, row["row"], self.field)


# A token that is being renewed is compared with what was read before: it must not change meanwhile.
NOT_RENEWED = "coalesce(renewing_until, '-infinity') <= now()"
SECRETS = (
    Secret("sources", "secret", "secret"),
    Secret("sources", "previous_secret", "secret"),
    Secret("connections", "config", "config"),
    Secret("connections", "token", "token", free=NOT_RENEWED),
    Secret("connections", "webhook_secret", "webhook_secret"),
    Secret("subscribers", "secret", "secret"),
    Secret("subscribers", "previous_secret", "secret"),
    Secret("subscribers", "signing_key", "signing_key"),
    Secret("subscribers", "previous_signing_key", "signing_key"),
    Secret("authorizations", "config", "config", "state_hash", "connection_id", "connections"),
    Secret("authorizations", "verifier", "verifier", "state_hash", "connection_id"),
)


def check(house: House) -> None:
    """`BadSetting` unless `HUB_KEYS` opens what is sealed in the database, whichever key did it."""
    try:
        with house.store.transaction() as tx:
            samples = [(secret, row) for secret in SECRETS for row in _samples(tx, secret)]
    except DBAPIError:
        return  # a database that is away, or has no tables yet: the process waits for it
    for mark in {row["mark"] for _, row in samples}:
        mine = [(secret, row) for secret, row in samples if row["mark"] == mark]
        if not any(_opens(house.vault, secret, row) for secret, row in mine):
            name = bytes(mark).strip(b"\x02\0").decode(errors="replace")
            raise BadSetting(
                f"HUB_KEYS does not open what this database has sealed with the key {name!r}: put"
                " that very key into HUB_KEYS again, behind the others."
            )


def rotate(house: House, say: Callable[[str], None]) -> int:
    """Seal everything with the first key; how many secrets no key of ours opens."""
    broken = 0
    for secret in SECRETS:
        done, lost = 0, 0
        for batch in _batches(house, secret):
            done, lost = done + batch.done, lost + len(batch.lost)
            for place in batch.lost:
                say(f"{place} does not open and stays as it is: enter that secret anew.")
            say(f"{secret.table}.{secret.column}: {done} sealed anew")
        broken += lost
    say("Every other secret is sealed with the first key." if broken else "All is sealed with the"
        " first key of HUB_KEYS: the others may be taken out.")  # fmt: skip
    return broken


def key_ids(tx: Tx) -> set[str]:
    """The ids of the keys with which something in the database is sealed."""
    statement = " union ".join(
        f"select substring({s.column} for position('\\x00'::bytea in {s.column}) - 1) as mark"
        f" from {s.table} where {s.column} is not null"
        for s in SECRETS
    )
    return {bytes(row["mark"]).removeprefix(FORM).decode() for row in tx.all(statement)}


class _Batch(NamedTuple):
    done: int
    lost: Sequence[Place]


def _batches(house: House, secret: Secret) -> Iterator[_Batch]:
    """Batch by batch until none is left; tokens that are being renewed come last."""
    mark, after = house.vault.mark, None
    while True:
        with house.store.transaction() as tx:
            rows = _next(tx, secret, mark, after)
            lost = [place for row in rows if (place := _move(tx, house.vault, secret, row))]
            crashpoint("rotation.before_commit")
        if rows:
            crashpoint("rotation.committed")
            after = rows[-1]["key"]
            yield _Batch(len(rows) - len(lost), lost)
        elif _left(house, secret, mark):
            after = None
            time.sleep(AGAIN)
        else:
            return


def _next(tx: Tx, secret: Secret, mark: bytes, after: object) -> Sequence[Row]:
    return tx.all(
        f"select {secret.key} as key, {secret.row} as row, workspace_id,"
        f" {secret.column} as sealed from {secret.table}"
        f" where substring({secret.column} for :length) <> :mark and {secret.free}"
        + (f" and {secret.key} > :after" if after is not None else "")
        + f" order by {secret.key} limit :batch for update",
        mark=mark, length=len(mark), batch=BATCH, **({} if after is None else {"after": after}),
    )  # fmt: skip


def _move(tx: Tx, vault: Vault, secret: Secret, row: Row) -> Place | None:
    """Seal one anew; its place if it does not open."""
    place = secret.place(row)
    try:
        opened = vault.open(row["sealed"], place)
    except Unsealable:
        return place
    tx.run(
        f"update {secret.table} set {secret.column} = :sealed where {secret.key} = :key",
        sealed=vault.seal(opened, place), key=row["key"],
    )  # fmt: skip
    return None


def _left(house: House, secret: Secret, mark: bytes) -> bool:
    """True while some must wait until nobody renews them."""
    if secret.free == "true":
        return False
    with house.store.transaction() as tx:
        return bool(tx.value(
            f"select 1 from {secret.table} where substring({secret.column} for :length) <> :mark"
            f" and not ({secret.free}) limit 1", mark=mark, length=len(mark),
        ))  # fmt: skip


def _samples(tx: Tx, secret: Secret) -> Sequence[Row]:
    """The newest few of each key that sealed something here."""
    return tx.all(
        "select * from (select substring(s for position('\\x00'::bytea in s)) as mark, s as sealed,"
        " workspace_id, row, row_number() over (partition by"
        "   substring(s for position('\\x00'::bytea in s)) order by row desc) as n from ("
        f"  select {secret.column} as s, workspace_id, {secret.row} as row from {secret.table}"
        f"  where {secret.column} is not null) as sealed) as numbered where n <= :samples",
        samples=SAMPLES,
    )  # fmt: skip


def _opens(vault: Vault, secret: Secret, row: Row) -> bool:
    try:
        vault.open(row["sealed"], secret.place(row))
    except Unsealable:
        return False
    return True
