"""Subscribers: who is told what happens, and whether it arrives."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, flash, request

from hub import admin
from hub.console import shell, sorry, subscriber_queries
from hub.console.shell import back_to, found, me, needs, once, page, refused
from hub.current import house
from webhooks import events
from webhooks.events import OUTGOING, TEST

blueprint = shell.noun("subscribers")

CHOICES = {type_: text for type_, text in OUTGOING.items() if type_ != TEST}
WHICH = {
    "failed": "what failed for good",
    "missing": "what nobody sent: it was disabled, or younger",
    "all": "everything that does not wait already",
}
REPLAYS = 5  # that a page shows
CHIPS = {"all": "All", "failed": "Failed", "pending": "On their way", "delivered": "Delivered"}
OVERLAPS = {"24": "24 hours", "1": "1 hour", "168": "7 days", "0": "not at all: it leaked"}


@blueprint.get("/subscribers")
def index() -> Response:
    """Every endpoint with its health."""
    after = request.args.get("after")
    with house().store.transaction() as tx:
        listed = subscriber_queries.subscribers(tx, me().workspace_id, after=after)
    return page("subscribers/index.html", listed=listed)


@blueprint.get("/subscribers/new")
@needs("admin")
def new() -> Response:
    """The form of an endpoint."""
    return _form(_stored("", None), {})


@blueprint.post("/subscribers/new")
@needs("admin")
def add() -> Response:
    """A new endpoint; its secret is shown this once."""
    try:
        made = admin.add_subscriber(
            house(), me().workspace_id, request.form.get("url", "").strip(), _events(),
            actor=me().actor,
        )  # fmt: skip
    except admin.BadInput as wrong:
        return refused(_form(_entered(), wrong.errors))
    return _shown(made["id"], made["secret"], "added")


@blueprint.get("/subscribers/<subscriber_id>")
def one(subscriber_id: str) -> Response:
    """One endpoint: its deliveries, its settings."""
    return show(subscriber_id, {})


@blueprint.post("/subscribers/<subscriber_id>")
@needs("admin")
def change(subscriber_id: str) -> Response:
    """Another address, or other events."""
    url = request.form.get("url", "").strip()
    try:
        with house().store.transaction() as tx:
            admin.change_subscriber(
                tx, house(), me().workspace_id, subscriber_id, url=url, events=_events(),
                actor=me().actor,
            )  # fmt: skip
    except admin.BadInput as wrong:
        return refused(show(subscriber_id, wrong.errors, form=_entered()))
    flash("Saved. It holds for events from now on.", "success")
    return _back(subscriber_id)


@blueprint.post("/subscribers/<subscriber_id>/state/<state>")
@needs("admin")
def switch(subscriber_id: str, state: str) -> Response:
    """On or off."""
    if state not in ("active", "disabled"):
        return sorry.page(404)
    active = state == "active"
    with house().store.transaction() as tx:
        admin.change_subscriber(
            tx, house(), me().workspace_id, subscriber_id, active=active, actor=me().actor
        )
    flash("It is told again from now on. What it missed can be sent again." if active else
          "It is told nothing any more.", "success")  # fmt: skip
    return _back(subscriber_id)


@blueprint.post("/subscribers/<subscriber_id>/rotate")
@needs("admin")
def rotate(subscriber_id: str) -> Response:
    """Another secret, shown this once; for a while both sign."""
    hours = request.form.get("overlap", "24")
    if hours not in OVERLAPS:
        return sorry.page(400)
    made, _ = admin.rotate_subscriber(
        house(), me().workspace_id, subscriber_id, overlap=timedelta(hours=int(hours)),
        actor=me().actor,
    )  # fmt: skip
    return _shown(subscriber_id, made["secret"], "rotated")


@blueprint.post("/subscribers/<subscriber_id>/test")
@needs("admin")
def test(subscriber_id: str) -> Response:
    """A test event, to this endpoint alone."""
    with house().store.transaction() as tx:
        made = admin.send_test_event(tx, me().workspace_id, subscriber_id, actor=me().actor)
    flash("A test event is on its way.", "success")
    return back_to("subscribers.delivery", subscriber_id=subscriber_id, delivery_id=made["id"])


@blueprint.post("/subscribers/<subscriber_id>/replay")
@needs("admin")
def replay(subscriber_id: str) -> Response:
    """Send the chosen deliveries once more."""
    chosen = list(dict.fromkeys(request.form.getlist("delivery")))
    workspace = me().workspace_id
    with house().store.transaction() as tx:
        found(subscriber_queries.subscriber(tx, workspace, subscriber_id))
        for delivery_id in chosen:
            found(subscriber_queries.delivery(tx, workspace, subscriber_id, delivery_id))
            admin.retry_delivery(tx, workspace, delivery_id, actor=me().actor)
    if chosen:
        flash(f"{len(chosen)} {'is' if len(chosen) == 1 else 'are'} sent again.", "success")
    else:
        flash("Choose what to send again.", "warning")
    return _back(subscriber_id, show=request.args.get("show"))


@blueprint.post("/subscribers/<subscriber_id>/remove")
@needs("admin")
def remove(subscriber_id: str) -> Response:
    """Forget the endpoint and its deliveries."""
    with house().store.transaction() as tx:
        admin.remove_subscriber(tx, me().workspace_id, subscriber_id, actor=me().actor)
    flash("The subscriber is removed.", "success")
    return back_to("subscribers.index")


@blueprint.get("/subscribers/<subscriber_id>/deliveries/<delivery_id>")
def delivery(subscriber_id: str, delivery_id: str) -> Response:
    """One delivery: what was sent, what came back."""
    with house().store.transaction() as tx:
        row = found(subscriber_queries.delivery(tx, me().workspace_id, subscriber_id, delivery_id))
    body = None
    if row["payload"] is not None:
        sent = json.loads(events.body(row["type"], row["event_at"], row["payload"]))
        body = json.dumps(sent, ensure_ascii=False, indent=2)
    return page("subscribers/delivery.html", row=row, body=body)


def show(
    subscriber_id: str,
    errors: Mapping[str, str],
    *,
    form: Mapping[str, Any] | None = None,
    again: Mapping[str, Any] | None = None,
) -> Response:
    """An endpoint's page; with what was entered in the `form` of its settings, or to send `again`.

    Each form shows what was wrong in it and its own fields alone: both have one named `which`.
    """
    chosen, after = shell.chip(CHIPS, "all"), request.args.get("after")
    workspace = me().workspace_id
    with house().store.transaction() as tx:
        row = found(subscriber_queries.subscriber(tx, workspace, subscriber_id))
        listed = subscriber_queries.deliveries(tx, workspace, row["id"], chosen, after=after)
        replays = admin.list_replays(tx, workspace, row["id"], limit=REPLAYS).rows
    return page(
        "subscribers/one.html", row=row, listed=listed, show=chosen, chips=CHIPS, errors=errors,
        form=form or _stored(row["url"], row["events"]), choices=CHOICES, overlaps=OVERLAPS,
        now=house().store.now(), replays=replays, which=WHICH, again=again or {},
    )  # fmt: skip


def _form(form: Mapping[str, Any], errors: Mapping[str, str]) -> Response:
    return page("subscribers/new.html", form=form, errors=errors, choices=CHOICES)


def _shown(subscriber_id: str, secret: str, what: str) -> Response:
    with house().store.transaction() as tx:
        row = found(subscriber_queries.subscriber(tx, me().workspace_id, subscriber_id))
    return once(page("subscribers/secret.html", row=row, secret=secret, what=what))


def _stored(url: str, wanted: list[str] | None) -> dict[str, Any]:
    """Address and events as the form shows them."""
    return {"url": url, "which": "some" if wanted else "all", "events": wanted or []}


def _entered() -> dict[str, Any]:
    """What was entered in that form."""
    form = request.form
    return {"url": form.get("url"), "which": form.get("which"), "events": form.getlist("events")}


def _events() -> list[str] | None:
    """The events that were chosen; None for all of them."""
    return request.form.getlist("events") if request.form.get("which") == "some" else None


def _back(subscriber_id: str, **values: Any) -> Response:
    return back_to("subscribers.one", subscriber_id=subscriber_id, **values)
