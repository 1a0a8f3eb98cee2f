"""A range of events once more for one subscriber: begun, followed, stopped.

These pages belong to the subscribers' blueprint.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Response, flash, request

from hub import admin
from hub.console.shell import back_to, me, needs, refused
from hub.console.subscribers import blueprint, show
from hub.current import house


@blueprint.post("/subscribers/<subscriber_id>/replays")
@needs("admin")
def begin_replay(subscriber_id: str) -> Response:
    """Send a range once more; a job does it, whoever leaves the page."""
    form = request.form
    try:
        since, until = _moment(form, "since"), _moment(form, "until")
        if since is None:
            raise admin.BadInput({"since": "Choose when it begins."})
        with house().store.transaction() as tx:
            admin.start_replay(
                tx, me().workspace_id, subscriber_id, form.get("which", ""), since=since,
                until=until, actor=me().actor,
            )  # fmt: skip
    except admin.BadInput as wrong:
        return refused(show(subscriber_id, wrong.errors, again=form))
    flash("It is sent once more. You may leave this page.", "success")
    return back_to("subscribers.one", subscriber_id=subscriber_id)


@blueprint.post("/subscribers/<subscriber_id>/replays/<replay_id>/stop")
@needs("admin")
def stop_replay(subscriber_id: str, replay_id: str) -> Response:
    """Make nothing more ready; what is ready goes out."""
    with house().store.transaction() as tx:
        admin.stop_replay(tx, me().workspace_id, subscriber_id, replay_id, actor=me().actor)
    flash("Nothing more of it is sent than what is on its way.", "success")
    return back_to("subscribers.one", subscriber_id=subscriber_id)


def _moment(form: Mapping[str, str], name: str) -> datetime | None:
    """A moment in UTC; None when it is empty."""
    text = form.get(name, "").strip()
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        raise admin.BadInput({name: "Choose a day and a time."}) from None
