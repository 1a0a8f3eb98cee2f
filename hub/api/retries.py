"""Bulk retries: many parked escalations go on as one job, and how far that is."""

from pydantic import Field

from hub.admin import Conflict
from hub.api.shapes import Moment, Parked, Shape, ident
from hub.api.table import Body, Call, Noun, found
from hub.pipeline import retrying
from hub.store import retries

api = Noun("Retries", "Many parked escalations go on at once, as a job that can be followed.")


class Retry(Shape):
    """A bulk retry, and where its escalations stand now."""

    id: str = ident("ret")
    total: int = Field(description="How many escalations it is about.")
    done: int = Field(description="How many were looked at so far.")
    went_on: int = Field(description="How many of them went on; the others were parked no more.")
    coming: int = Field(description="How many are on their way to their desk now.")
    stuck: int = Field(description="How many are parked now.")
    parked: Parked | None = Field(description="Why it stopped before its end.")
    created_at: Moment
    ended_at: Moment | None


class StartRetry(Body):
    """Which ones: all that are parked, unless they are named, or their connection is."""

    ids: list[str] | None = Field(
        None, max_length=retries.MOST, description="Escalations; all by default.", examples=[None]
    )
    connection_id: str | None = Field(None, description="Only of this one.", examples=[None])


@api.route("POST", "/v1/escalations/retries", role="agent", answer=Retry, status=202,
           body=StartRetry, conflicts="None of them is parked.",
           summary="Let many parked escalations go on.")  # fmt: skip
def start(call: Call, body: StartRetry) -> Retry:
    with call.transaction() as tx:
        chosen = retries.parked(
            tx, call.workspace_id, among=body.ids, connection_id=body.connection_id
        )
        if not chosen:
            raise Conflict("None of them is parked.")
        retry_id = retrying.begin(tx, call.workspace_id, chosen, actor=call.actor)
        return Retry.of(found(retries.progress(tx, call.workspace_id, retry_id), "retry"))


@api.route("GET", "/v1/escalations/retries/<id>", role="viewer", answer=Retry,
           summary="One bulk retry, and how far it is.")  # fmt: skip
def one(call: Call, id: str) -> Retry:
    with call.transaction() as tx:
        return Retry.of(found(retries.progress(tx, call.workspace_id, id), "retry"))
