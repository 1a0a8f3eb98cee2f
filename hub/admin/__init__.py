"""The one place that makes and changes what people set up, each with its line in the audit.

The API, the command line, the console and the demo call these functions and no others. Bad input
is `BadInput` by field, something that is not in the workspace is `Unknown`, and what the state of
things forbids is a `Conflict`; what a desk says to its credentials is one of `connectors.errors`.
"""

from hub.admin.callbacks import Callback, answer_source, callbacks
from hub.admin.connecting import (
    Connected,
    add_connection,
    change_connection,
    set_up_webhook,
    set_webhook_secret,
    verify_connection,
)
from hub.admin.connections import activate_connection, pause_connection, remove_connection
from hub.admin.input import BadInput, Conflict, Unknown
from hub.admin.joining import (
    add_first_owner,
    enter_by_link,
    is_fresh,
    link_url,
    new_link,
    setup_code,
    setup_url,
)
from hub.admin.mapping_preview import Preview, preview_mapping
from hub.admin.mappings import (
    Check,
    check_mapping,
    default_mapping,
    desk_fields,
    mapping_problems,
    mapping_text,
    restore_mapping,
    save_mapping,
)
from hub.admin.people import (
    activate_user,
    add_user,
    change_user,
    create_key,
    deactivate_user,
    is_email,
    remove_key,
    remove_user,
)
from hub.admin.replays import list_replays, one_replay, start_replay, stop_replay
from hub.admin.route_preview import preview_route
from hub.admin.routes import add_route, change_route, move_route, remove_route
from hub.admin.sources import (
    add_playground,
    add_source,
    change_source,
    end_previous,
    preview_source,
    remove_source,
    rotate_source,
)
from hub.admin.subscribers import (
    NEWEST,
    add_subscriber,
    change_subscriber,
    public_key,
    remove_subscriber,
    retry_delivery,
    rotate_subscriber,
    send_test_event,
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
    "NEWEST",
    "BadInput",
    "Callback",
    "Check",
    "Conflict",
    "Connected",
    "Preview",
    "Unknown",
    "activate_connection",
    "activate_user",
    "add_connection",
    "add_days_off",
    "add_first_owner",
    "add_playground",
    "add_route",
    "add_source",
    "add_subscriber",
    "add_user",
    "add_workspace",
    "answer_source",
    "callbacks",
    "assignment_rule",
    "change_connection",
    "change_route",
    "change_source",
    "change_subscriber",
    "change_user",
    "change_workspace",
    "check_mapping",
    "create_key",
    "deactivate_user",
    "default_mapping",
    "desk_fields",
    "end_previous",
    "enter_by_link",
    "is_email",
    "is_fresh",
    "link_url",
    "list_replays",
    "mapping_problems",
    "mapping_text",
    "move_route",
    "new_link",
    "one_replay",
    "pause_connection",
    "preview_mapping",
    "preview_route",
    "preview_source",
    "public_key",
    "read_week",
    "remove_connection",
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
    "send_test_event",
    "set_assignment_rule",
    "set_hours",
    "set_up_webhook",
    "set_webhook_secret",
    "setup_code",
    "setup_url",
    "start_replay",
    "stop_replay",
    "verify_connection",
    "workspace",
]
