"""Is the process up, is its database, and what are the figures."""

import os

from flask import Blueprint, Response, current_app, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import DBAPIError, TimeoutError

from hub import jobs
from hub.current import house
from hub.house import House

blueprint = Blueprint("health", __name__)

STAYS = b"\0"


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """The database answers, with a schema, and this process is here to stay."""
    if current_app.extensions.get("leaving", STAYS)[0]:
        return jsonify({"status": "this process is about to end"}), 503
    try:
        with house().store.transaction() as tx:
            version = tx.value("select version_num from alembic_version")
    except (DBAPIError, TimeoutError):
        return jsonify({"status": "the database does not answer, or has no schema"}), 503
    return jsonify({"status": "ok", "schema": version}), 200


@blueprint.get("/metrics")
def metrics() -> Response:
    """Counters of all processes on this machine, and gauges read from the database."""
    registry = house().metrics.registry
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    text = generate_latest(registry) + generate_latest(_gauges(house()))
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _gauges(house: House) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Gauges(house))  # type: ignore[arg-type]
    return registry


class _Gauges:
    """What stands in the database at the moment of the scrape."""

    def __init__(self, house: House) -> None:
        self.house = house

    def collect(self) -> list[GaugeMetricFamily]:
        with self.house.store.transaction() as tx:
            sizes = jobs.sizes(tx)
            parked = tx.all(
                "select 'escalation' as what, count(*) as n from escalations where state = 'parked'"
                " union all select w, count(parked) from (values ('relay'), ('close')) as works(w)"
                "   left join tickets on parked ->> 'work' = w group by w"
                " union all select 'change', count(*) from changes where state = 'parked'"
                " union all select 'delivery', count(*) from deliveries where state = 'failed'"
            )
            links = tx.all(
                "select id, desk, state, failures from connections where archived_at is null"
            )
        queue = GaugeMetricFamily("hub_queue_jobs", "Jobs in the queue.", labels=["lane", "state"])
        for (lane, state), number in sizes.items():
            queue.add_metric([lane, state], number)
        waiting = GaugeMetricFamily("hub_parked", "Parked work.", labels=["what"])
        for row in parked:
            waiting.add_metric([row["what"]], row["n"])
        up = GaugeMetricFamily(
            "hub_connection_up", "1 for an active connection without failures.",
            labels=["connection", "desk"],
        )  # fmt: skip
        for row in links:
            fine = row["state"] == "active" and not row["failures"]
            up.add_metric([row["id"], row["desk"]], float(fine))
        return [queue, waiting, up]
