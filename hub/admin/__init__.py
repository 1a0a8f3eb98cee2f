"""The one place that makes and changes what people set up, each with its line in the audit.

The API, the command line, the console and the demo call these functions and no others. Bad input
is `BadInput` by field, something that is not in the workspace is `Unknown`, and what the state of
things forbids is a `Conflict`; what a desk says to its credentials is one of `connectors.errors`.
"""

from hub.admin.connecting import (
    Connected,
    add_connection,
    change_connection,
    set_webhook_secret,
    verify_connection,
)
from hub.admin.connections import activate_connection, pause_connection
from hub.admin.input import BadInput, Conflict, Unknown
from hub.admin.mappings import (
    Check,
    Preview,
    check_mapping,
    default_mapping,
    desk_fields,
    mapping_problems,
    mapping_text,
    preview_mapping,
    restore_mapping,
    save_mapping,
)
from hub.admin.people import add_user, change_user, create_key, remove_key, remove_user
from hub.admin.route_preview import preview_route
from hub.admin.routes import add_route, change_route, move_route, remove_route
from hub.admin.sources import (
    add_playground,
    add_source,
    change_source,
    remove_source,
    rotate_source,
)
from hub.admin.subscribers import (
    add_subscriber,
    change_subscriber,
    remove_subscriber,
    retry_delivery,
    rotate_subscriber,
)
from hub.admin.team import (
    add_days_off,
    assignment_rule,
    read_week,
    remove_days_off,
    set_assignment_rule,
    set_hours,
)
from hub.admin.workspaces import add_workspace, change_workspace, workspace

__all__ = [
    "BadInput",
    "Check",
    "Conflict",
    "Connected",
    "Preview",
    "Unknown",
    "activate_connection",
    "add_connection",
    "add_days_off",
    "add_playground",
    "add_route",
    "add_source",
    "add_subscriber",
    "add_user",
    "add_workspace",
    "assignment_rule",
    "change_connection",
    "change_route",
    "change_source",
    "change_subscriber",
    "change_user",
    "change_workspace",
    "check_mapping",
    "create_key",
    "default_mapping",
    "desk_fields",
    "mapping_problems",
    "mapping_text",
    "move_route",
    "pause_connection",
    "preview_mapping",
    "preview_route",
    "read_week",
    "remove_days_off",
    "remove_key",
    "remove_route",
    "remove_source",
    "remove_subscriber",
    "remove_user",
    "restore_mapping",
    "retry_delivery",
    "rotate_source",
    "rotate_subscriber",
    "save_mapping",
    "set_assignment_rule",
    "set_hours",
    "set_webhook_secret",
    "verify_connection",
    "workspace",
]
