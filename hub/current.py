"""What belongs to the request that is being answered."""

from flask import current_app, g, has_app_context

from hub.house import House


def house() -> House:
    """The house of the application."""
    found: House = current_app.extensions["house"]
    return found


def workspace() -> str | None:
    """The workspace of who asks; None outside of a request, and before we know who asks."""
    principal = g.get("principal") if has_app_context() else None
    return principal.workspace_id if principal is not None else None
