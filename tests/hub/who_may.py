"""The table of who may do what: every route of the hub, under the least role that may.

A route that is missing here, or stands here without being served, fails `test_matrix`.
"""

ANYONE = """
    GET  /healthz
    GET  /readyz
    GET  /metrics
    GET  /openapi.json
    GET  /docs
    GET  /docs/<name>
    GET  /console/static/<path:filename>
    GET  /bootstrap/<path:filename>
    GET  /sign-in
    POST /sign-in
    POST /sign-out
    GET  /webhooks/desks/<connection_id>
"""
SIGNED = """
    POST /webhooks/sources/<source_id>
    POST /webhooks/desks/<connection_id>
    GET  /files/<change_id>/<int:place>
"""
API = {
    "viewer": """
    GET  /v1/conversations
    GET  /v1/conversations/<id>
    GET  /v1/conversations/<id>/messages
    POST /v1/conversations/<id>/control
    GET  /v1/escalations
    GET  /v1/escalations/<id>
    GET  /v1/tickets
    GET  /v1/tickets/<id>
    GET  /v1/sources
    GET  /v1/sources/<id>
    GET  /v1/connectors
    GET  /v1/connectors/<name>
    GET  /v1/connections
    GET  /v1/connections/<id>
    GET  /v1/connections/<id>/fields
    GET  /v1/connections/<id>/mapping
    GET  /v1/routes
    GET  /v1/routes/<id>
    POST /v1/routes/preview
    GET  /v1/mappings
    GET  /v1/mappings/<id>
    POST /v1/mappings/preview
    GET  /v1/subscribers
    GET  /v1/subscribers/<id>
    GET  /v1/subscribers/<id>/deliveries
    GET  /v1/events
    GET  /v1/events/<id>
    GET  /v1/users
    GET  /v1/users/<id>
    """,
    "agent": """
    POST /v1/conversations/<id>/takeover
    POST /v1/conversations/<id>/resume
    POST /v1/conversations/<id>/messages
    POST /v1/escalations
    POST /v1/escalations/<id>/retry
    """,
    "admin": """
    POST /v1/sources
    PATCH /v1/sources/<id>
    DELETE /v1/sources/<id>
    POST /v1/sources/<id>/rotate
    POST /v1/connections
    PATCH /v1/connections/<id>
    POST /v1/connections/<id>/verify
    POST /v1/connections/<id>/pause
    POST /v1/connections/<id>/activate
    POST /v1/routes
    PATCH /v1/routes/<id>
    DELETE /v1/routes/<id>
    POST /v1/mappings
    POST /v1/mappings/<id>/restore
    POST /v1/subscribers
    PATCH /v1/subscribers/<id>
    DELETE /v1/subscribers/<id>
    POST /v1/subscribers/<id>/rotate
    POST /v1/subscribers/deliveries/<id>/retry
    POST /v1/subscribers/<subscriber_id>/deliveries/<id>/retry
    POST /v1/users
    PATCH /v1/users/<id>
    DELETE /v1/users/<id>
    GET  /v1/keys
    POST /v1/keys
    GET  /v1/keys/<id>
    DELETE /v1/keys/<id>
    GET  /v1/audit
    """,
}
CONSOLE = {
    "viewer": """
    GET  /
    GET  /conversations/<conversation_id>
    GET  /conversations/files/<file_id>
    GET  /tickets/<ticket_id>
    GET  /escalations
    GET  /escalations/<escalation_id>
    GET  /routes
    GET  /connections
    GET  /connections/<connection_id>/mapping
    POST /connections/<connection_id>/mapping
    GET  /subscribers
    """,
    "agent": """
    POST /conversations/<conversation_id>/takeover
    POST /conversations/<conversation_id>/resume
    POST /conversations/<conversation_id>/entries
    POST /conversations/<conversation_id>/status
    POST /conversations/<conversation_id>/assignee
    POST /escalations/<escalation_id>/retry
    """,
    "admin": """
    POST /routes
    POST /routes/<route_id>/move/<way>
    POST /routes/<route_id>/remove
    POST /routes/time-zone
    POST /connections/<connection_id>/pause
    POST /connections/<connection_id>/activate
    POST /connections/<connection_id>/verify
    GET  /connections/new
    GET  /connections/new/<desk>
    POST /connections/new/<desk>
    GET  /connections/<connection_id>/authorize
    POST /connections/<connection_id>/authorize
    GET  /oauth/callback
    POST /connections/<connection_id>/mapping/<mapping_id>/restore
    """,
}

Route = tuple[str, str]  # method and rule


def routes(text: str) -> list[Route]:
    """The routes of one entry."""
    return [(method, rule) for method, rule in map(str.split, text.strip().splitlines())]


def by_role(table: dict[str, str]) -> list[tuple[Route, str]]:
    """Every route of a table with the least role that may."""
    return [(route, role) for role, text in table.items() for route in routes(text)]
