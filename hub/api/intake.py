"""Where platforms and desks call us: raw bytes first, then trust, then the database."""

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import DataError, DBAPIError, TimeoutError

from connectors.errors import BadDelivery
from connectors.types import Delivery as DeskDelivery
from hub.admin.sources import still_counts
from hub.current import house
from hub.house import House
from hub.pipeline.intake import Inbox, SourceChanged
from hub.problems import problem
from hub.store import Row, changes, connections
from hub.telemetry import crashpoint
from hub.vault import Place
from webhooks import inbound
from webhooks.dialects import Delivery
from webhooks.errors import BadSignature, Paused, Refused, TooMany, WrongField
from webhooks.events import Event

blueprint = Blueprint("intake", __name__, url_prefix="/webhooks")
log = structlog.get_logger()

NOWHERE = "There is no such address."
THERE = "from connections where id = :id and archived_at is null"
RETRY_AFTER = 5  # seconds until a platform may try again when we could not commit


@dataclass(frozen=True)
class Source:
    """A source as `webhooks.inbound` wants to see it."""

    dialect: str
    secrets: list[str]
    options: dict[str, Any]


@dataclass(frozen=True)
class Paced:
    """A source's inbox behind its rate; only what the source has signed counts."""

    house: House
    source: Row
    traceparent: str | None

    def accept(self, told: list[tuple[str, Event]], body_hash: str) -> inbound.Receipt:
        """`Inbox.accept`, or `TooMany` or `Paused` before the database is asked."""
        if self.source["state"] == "paused":
            raise Paused
        wait = self.house.pace.take(self.source["id"], self.source["rate"])
        if wait:
            self.house.metrics.limited.labels(self.source["id"]).inc()
            raise TooMany(wait)
        crashpoint("intake.verified", *(event.conversation.id for _, event in told))
        return Inbox(self.house, self.source, self.traceparent).accept(told, body_hash)


@blueprint.before_request
def _nowhere() -> Response | None:
    """No id has a NUL, which the database would not even look for."""
    return problem(404, NOWHERE) if "\0" in request.path else None


@blueprint.post("/sources/<source_id>")
@blueprint.post("/sources/<source_id>/<operation>")  # botpress; the body says it, too
def source(source_id: str, operation: str = "") -> Response:
    """A bot platform's events: 202 once they are committed with their jobs."""
    began = time.perf_counter()
    answer = _answer(house(), source_id)
    house().metrics.acks.labels(answer.status_code).inc()
    house().metrics.ack_seconds.observe(time.perf_counter() - began)
    answer.call_on_close(partial(crashpoint, "intake.acknowledged", source_id))
    return answer


@blueprint.get("/desks/<connection_id>")
def desk_is_there(connection_id: str) -> Response:
    """Some desks ask whether the address answers before they accept it as a webhook's."""
    with house().store.reading() as tx:
        known = tx.value(f"select 1 {THERE}", id=connection_id)
    return jsonify({"status": "ok"}) if known else problem(404, "There is no such connection.")


@blueprint.post("/desks/<connection_id>")
def desk(connection_id: str) -> Response:
    """A desk's webhook: 200 once its changes are in the inbox."""
    try:
        answer = _take_changes(house(), connection_id, _body())
    except Refused as refusal:
        return _refused(refusal)
    except BadDelivery as refusal:
        return problem(401, str(refusal))
    return answer or problem(404, "There is no such connection.")


def _answer(house: House, source_id: str) -> Response:
    crashpoint("intake.received", source_id)
    try:
        receipt = receive(house, source_id, Delivery(headers=_headers(), body=_body()))
    except (TooMany, Paused) as refusal:  # no log line each: they come in thousands
        return _later(refusal)
    except Refused as refusal:
        return _refused(refusal)
    except (DBAPIError, TimeoutError) as fault:
        return unavailable(fault)
    if receipt is None:
        return problem(404, "There is no such source.")
    status = 202 if receipt.reply is None else 200
    return Response(json.dumps(receipt.as_dict()), status, content_type="application/json")


def receive(house: House, source_id: str, delivery: Delivery) -> inbound.Receipt | None:
    """What became of the delivery, None without such a source.

    A source that has changed since this process met it is read again before it refuses anybody, and
    before its options leave anything out.
    """
    row, before = house.sources.get(source_id), None
    while row is not None:
        sure = before is not None and before["version"] == row["version"]
        source = Source(row["dialect"], _secrets(house, row), row["options"])
        try:
            paced = Paced(house, row, delivery.headers.get("traceparent"))
            receipt = inbound.receive(delivery, source, paced, house.store.now())
            if sure or receipt.told or not row["options"]:
                return receipt
        except SourceChanged:
            pass
        except Refused as refusal:
            if sure or isinstance(refusal, TooMany):
                raise
        row, before = house.sources.read(source_id), row
    return None


def _take_changes(house: House, connection_id: str, body: bytes) -> Response | None:
    """The answer that the desk waits for; None without such a connection."""
    with house.store.reading() as tx:
        row = tx.first(f"select * {THERE}", id=connection_id)
    if row is None:
        return None
    connector = house.desks.open(row)
    delivery = DeskDelivery(
        method=request.method,
        url=house.settings.public_url + request.full_path.rstrip("?"),
        headers=_headers(),
        body=body,
        received_at=house.store.now(),
        secret=_webhook_secret(house, row),
    )
    connector.verify_signature(delivery)
    found = connector.parse_webhook(delivery)
    crashpoint("webhook.verified", connection_id)
    told = row, changes.Told(row["workspace_id"], row["id"], found, via="webhook")
    new = house.inbox.do(told, partial(_receive_changes, house)) if found else 0
    if connector.acknowledges is None:
        return jsonify({"accepted": new})
    media_type, words = connector.acknowledges
    return Response(words, content_type=media_type)


def _receive_changes(house: House, deliveries: Sequence[tuple[Row, changes.Told]]) -> Sequence[int]:
    desks = {row["id"]: row for row, _ in deliveries}
    with house.store.transaction() as tx:
        new = changes.receive_all(tx, [told for _, told in deliveries])
        for connection_id in sorted(desks):  # the order in which their rows are locked
            connections.heard(tx, desks[connection_id])
        crashpoint("webhook.before_commit", *desks)
    crashpoint("webhook.committed", *desks)
    return new


def _secrets(house: House, row: Row) -> list[str]:
    place = Place(row["workspace_id"], "sources", row["id"], "secret")
    sealed = [row["secret"]]
    if still_counts(house.store.now(), row):
        sealed.append(row["previous_secret"])
    return [house.vault.open(secret, place) for secret in sealed]


def _webhook_secret(house: House, row: Row) -> str | None:
    if row["webhook_secret"] is None:
        return None
    place = Place(row["workspace_id"], "connections", row["id"], "webhook_secret")
    return house.vault.open(row["webhook_secret"], place)


def _body() -> bytes:
    """The raw bytes; Flask's own limit would cut a chunked body silently."""
    return inbound.read_body(request.environ["wsgi.input"], request.headers.get("Content-Length"))


def _headers() -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _later(refusal: TooMany | Paused) -> Response:
    answer = problem(refusal.status, refusal.reason)
    answer.headers["Retry-After"] = str(math.ceil(refusal.retry_after))
    return answer


def _refused(refusal: Refused) -> Response:
    log.info("webhook.refused", path=request.path, status=refusal.status, why=refusal.reason)
    if isinstance(refusal, BadSignature):
        return problem(401, "The signature is missing, wrong or stale.")
    if isinstance(refusal, WrongField):
        errors = [dict(error) for error in refusal.errors]
        return problem(refusal.status, "A field is wrong.", errors=errors)
    return problem(refusal.status, refusal.reason)


@blueprint.errorhandler(DBAPIError)
@blueprint.errorhandler(TimeoutError)
def unavailable(fault: Exception) -> Response:
    """What we cannot commit we do not acknowledge, nor ask for again what nobody can store."""
    if isinstance(fault, DataError):
        return problem(422, "It holds what cannot be stored, such as a NUL character.")
    log.exception("webhook.not_committed", path=request.path)
    answer = problem(503, "The hub cannot store this now. Send it again.")
    answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer
