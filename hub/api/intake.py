"""Where platforms and desks call us: raw bytes first, then trust, then the database."""

import math
import time
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import DBAPIError, TimeoutError

from connectors.errors import BadDelivery
from connectors.types import Delivery as DeskDelivery
from hub.current import house
from hub.house import House
from hub.pipeline.intake import Inbox
from hub.problems import problem
from hub.store import Row, changes
from hub.vault import Place
from webhooks import inbound
from webhooks.dialects import Delivery
from webhooks.errors import BadSignature, Refused, TooMany, WrongField
from webhooks.events import Event

blueprint = Blueprint("intake", __name__, url_prefix="/webhooks")
log = structlog.get_logger()

RETRY_AFTER = 5  # seconds until a platform may try again when we could not commit


@dataclass(frozen=True)
class Source:
    """A source as `webhooks.inbound` wants to see it."""

    dialect: str
    secrets: list[str]


@dataclass(frozen=True)
class Paced:
    """A source's inbox behind its rate; only what the source has signed counts."""

    house: House
    source: Row

    def accept(self, told: list[tuple[str, Event]], body_hash: str) -> inbound.Receipt:
        """`Inbox.accept`, or `TooMany` before the database is asked."""
        wait = self.house.pace.take(self.source["id"], self.source["rate"])
        if wait:
            self.house.metrics.limited.labels(self.source["id"]).inc()
            raise TooMany(wait)
        return Inbox(self.house, self.source).accept(told, body_hash)


@blueprint.post("/sources/<source_id>")
def source(source_id: str) -> Response:
    """A bot platform's events: 202 once they are committed with their jobs."""
    began = time.perf_counter()
    answer = _answer(house(), source_id)
    house().metrics.acks.labels(answer.status_code).inc()
    house().metrics.ack_seconds.observe(time.perf_counter() - began)
    return answer


@blueprint.get("/desks/<connection_id>")
def desk_is_there(connection_id: str) -> Response:
    """Some desks ask whether the address answers before they accept it as a webhook's."""
    with house().store.reading() as tx:
        known = tx.value("select 1 from connections where id = :id", id=connection_id)
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
    try:
        body = _body()
        row = _source(house, source_id)
        if row is None:
            return problem(404, "There is no such source.")
        receipt = inbound.receive(
            Delivery(headers=_headers(), body=body),
            Source(row["dialect"], _secrets(house, row)),
            Paced(house, row),
            house.store.now(),
        )
    except TooMany as refusal:  # no log line each: they come in thousands
        return _over_rate(refusal)
    except Refused as refusal:
        return _refused(refusal)
    except (DBAPIError, TimeoutError) as fault:
        return unavailable(fault)
    return Response(_json(receipt.as_dict()), 202, content_type="application/json")


def _take_changes(house: House, connection_id: str, body: bytes) -> Response | None:
    """The answer that the desk waits for; None without such a connection."""
    with house.store.reading() as tx:
        row = tx.first("select * from connections where id = :id", id=connection_id)
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
    told = connector.parse_webhook(delivery)
    new = 0
    if told:
        with house.store.transaction() as tx:
            new = changes.receive(tx, row["workspace_id"], row["id"], told, via="webhook")
    if connector.acknowledges is None:
        return jsonify({"accepted": new})
    media_type, words = connector.acknowledges
    return Response(words, content_type=media_type)


def _source(house: House, source_id: str) -> Row | None:
    with house.store.reading() as tx:
        return tx.first("select * from sources where id = :id", id=source_id)


def _secrets(house: House, row: Row) -> list[str]:
    place = Place(row["workspace_id"], "sources", row["id"], "secret")
    sealed = [row["secret"], row["previous_secret"]]
    return [house.vault.open(secret, place) for secret in sealed if secret is not None]


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


def _over_rate(refusal: TooMany) -> Response:
    answer = problem(429, refusal.reason)
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
def unavailable(_fault: Exception) -> Response:
    """What we cannot commit we do not acknowledge."""
    log.exception("webhook.not_committed", path=request.path)
    answer = problem(503, "The hub cannot store this now. Send it again.")
    answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


def _json(value: Any) -> str:
    return jsonify(value).get_data(as_text=True)
