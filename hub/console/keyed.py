"""Connecting a desk with a key, a token or an app's own credentials: no page of the desk is seen.

These pages belong to the connections' blueprint. What is entered is tried at the desk before it is
kept; a secret that the desk refused has to be entered again, because no page shows one.
"""

from flask import Response, abort, flash, request

from connectors import registry
from connectors.errors import ConnectorError
from hub import admin
from hub.console import app_form
from hub.console.connecting import connected, form, given, row_of
from hub.console.connections import blueprint
from hub.console.shell import me, needs
from hub.current import house


@blueprint.get("/connections/new/<desk>/credentials")
@needs("admin")
def new_with_key(desk: str) -> Response:
    """The form of all that the desk may be given."""
    return form(_known(desk), None, {"name": registry.get(desk).title}, {})


@blueprint.post("/connections/new/<desk>/credentials")
@needs("admin")
def connect_with_key(desk: str) -> Response:
    """Try the credentials at the desk, then keep them."""
    config = {k: v for k, v in given(_known(desk), None).items() if v is not None}
    try:
        made = admin.add_connection(
            house(), me().workspace_id, desk, request.form.get("name", ""), config,
            actor=me().actor,
        )  # fmt: skip
    except admin.BadInput as problem:
        return form(desk, None, request.form, problem.errors)
    except ConnectorError as problem:
        return form(desk, None, request.form, {"config": _refusal(desk, problem)})
    return connected(made)


@blueprint.get("/connections/<connection_id>/credentials")
@needs("admin")
def credentials(connection_id: str) -> Response:
    """The same form for a connection that is there; a secret stays unless it is entered anew."""
    row = row_of(connection_id)
    config = house().desks.unseal(
        _known(row["desk"]), row["workspace_id"], row["id"], row["config"]
    )
    return form(row["desk"], None, app_form.shown(config), {}, row)


@blueprint.post("/connections/<connection_id>/credentials")
@needs("admin")
def change_credentials(connection_id: str) -> Response:
    """Try the changed credentials at the desk, then keep them."""
    row = row_of(connection_id)
    config = given(_known(row["desk"]), None) | {app_form.ALLOWED: None}
    try:
        made = admin.change_connection(
            house(), me().workspace_id, connection_id, config=_fitting(row["desk"], config),
            actor=me().actor,
        )  # fmt: skip
    except admin.BadInput as problem:
        return form(row["desk"], None, request.form, problem.errors, row)
    except ConnectorError as problem:
        told = {"config": _refusal(row["desk"], problem)}
        return form(row["desk"], None, request.form, told, row)
    if made.row["state"] == "paused":
        flash("The desk takes these credentials. Activate the connection to go on.", "success")
    return connected(made)


def _known(desk: str) -> str:
    if desk not in registry.names() or desk == registry.NATIVE:
        abort(404)
    return desk


def _fitting(desk: str, config: dict[str, object]) -> dict[str, object]:
    """Without what this desk's form does not have."""
    return {n: v for n, v in config.items() if n in registry.get(desk).Config.model_fields}


def _refusal(desk: str, problem: ConnectorError) -> str:
    title = registry.get(desk).title
    return f"{title} did not accept this, and nothing was changed. It said: {problem}"
