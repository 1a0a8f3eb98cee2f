"""The kinds of columns that the tables are made of."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB


def key() -> Column[str]:
    return Column("id", Text(collation="C"), primary_key=True)


def hot(name: str, *, null: bool = False) -> Column[str]:
    """An id without a foreign key: a key would have every insert lock the same parent row.

    Concurrent locks of one row cost a MultiXact each
    (https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-MULTIXACT-WRAPAROUND).
    """
    return Column(name, Text(collation="C"), nullable=null)


def workspace() -> Column[str]:
    return hot("workspace_id")


def ref(name: str, target: str, *, null: bool = False) -> Column[str]:
    return Column(name, ForeignKey(f"{target}.id"), nullable=null)


def of_teammate() -> Column[str]:
    """Whose row it is; it goes with them."""
    teammate = ForeignKey("users.id", ondelete="CASCADE")
    return Column("user_id", teammate, primary_key=True)


def moment(name: str, *, null: bool = False) -> Column[datetime]:
    now = None if null else text("now()")
    return Column(name, DateTime(timezone=True), nullable=null, server_default=now)


def words(name: str, *, null: bool = True, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=null, server_default=default)


def count(name: str, default: int = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=str(default))


def data(name: str, *, null: bool = False, default: str = "{}") -> Column[dict[str, Any]]:
    """None is SQL's NULL, for which searches ask, and not the null of JSON."""
    kind: JSONB[dict[str, Any]] = JSONB(none_as_null=True)
    return Column(name, kind, nullable=null, server_default=None if null else default)


def sealed(name: str, *, null: bool = True) -> Column[bytes]:
    """Bytes that only the vault can read."""
    return Column(name, LargeBinary, nullable=null)


def flag(name: str, default: bool = False) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=str(default).lower())


def work() -> list[Column]:  # type: ignore[type-arg]
    return [
        count("run"),
        count("tries"),
        moment("due_at", null=True),
        words("last_error"),
        data("parked", null=True),
    ]
