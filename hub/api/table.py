"""The table of the API: one row an operation, from which rules, access and documentation are made.

    api = Noun("Sources", "Bot platforms that send us events.")

    @api.route("GET", "/v1/sources/<id>", role="viewer", answer=Source, summary="One source.")
    def one(call: Call, id: str) -> Source: ...

A view gets the call, the parts of its path, and `body` or `query` where the row names a model. It
answers what is to be sent as JSON, or a `Reply` with another status than the row's.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from hub.auth import Principal
from hub.house import House
from hub.problems import Problem
from hub.store import Tx

View = TypeVar("View", bound=Callable[..., Any])

MOST_ROWS = 200


class Body(BaseModel):
    """What a caller sends: a field that we do not know is an error, not a silent wish."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Query(Body):
    """What every list understands; a list's own model adds its filters."""

    limit: int = Field(50, ge=1, le=MOST_ROWS, description="Rows a page.")
    cursor: str | None = Field(
        None, min_length=1, max_length=64, description="`next_cursor` of the page before."
    )

    def wanted(self) -> dict[str, Any]:
        """The filters alone."""
        return self.model_dump(exclude={"limit", "cursor"})

    def paging(self) -> dict[str, Any]:
        """Where to read, and how much."""
        return {"limit": self.limit, "cursor": self.cursor}


@dataclass(frozen=True)
class Listing:
    """A page of rows, each as its view shows it."""

    data: list[Any]
    next_cursor: str | None = None


@dataclass(frozen=True)
class Reply:
    """An answer with another status than its operation's own."""

    status: int
    body: Any


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One row: what it is for, who may, what goes in and what comes out."""

    method: str
    path: str  # as Flask writes it: /v1/sources/<id>
    role: str  # the least that may
    summary: str
    status: int
    answer: type[BaseModel] | None
    many: bool  # a list with a cursor
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    also: Mapping[int, type[BaseModel]]  # other answers that are no problems
    conflicts: str | None  # when it answers 409
    lacks: str | None  # when it answers 404 for what is named in the body
    view: Callable[..., Any]


@dataclass
class Noun:
    """The operations on one noun."""

    title: str
    text: str
    operations: list[Operation] = field(default_factory=list)

    def route(
        self,
        method: str,
        path: str,
        *,
        role: str,
        summary: str,
        answer: type[BaseModel] | None = None,
        status: int = 200,
        many: bool = False,
        body: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        also: Mapping[int, type[BaseModel]] | None = None,
        conflicts: str | None = None,
        lacks: str | None = None,
    ) -> Callable[[View], View]:
        """Add the decorated view to the table."""

        def add(view: View) -> View:
            self.operations.append(
                Operation(
                    method=method, path=path, role=role, summary=summary, answer=answer,
                    status=status, many=many, body=body, query=query, also=also or {},
                    conflicts=conflicts, lacks=lacks, view=view,
                )
            )  # fmt: skip
            return view

        return add


@dataclass(frozen=True)
class Call:
    """One request of somebody we know."""

    house: House
    principal: Principal

    @property
    def workspace_id(self) -> str:
        """The only workspace that this call sees."""
        return self.principal.workspace_id

    @property
    def actor(self) -> str:
        """How the audit names the caller."""
        return self.principal.actor

    def transaction(self) -> AbstractContextManager[Tx]:
        """A transaction on the hub's database."""
        return self.house.store.transaction()

    def require(self, role: str) -> None:
        """Nobody gives away rights that they do not have."""
        if not self.principal.may(role):
            raise Problem(403, f"This needs the role {role}; yours is {self.principal.role}.")


def found(row: Any, noun: str) -> Any:
    """The row, or the answer 404."""
    if row is None:
        raise Problem(404, f"There is no such {noun}.")
    return row


def plain(value: Any) -> Any:
    """A view's answer as JSON can hold it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Listing):
        return {"data": [plain(one) for one in value.data], "next_cursor": value.next_cursor}
    return value


__all__ = ["Body", "Call", "Listing", "Noun", "Operation", "Query", "Reply", "found", "plain"]
