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
    GET  /sign-in/oidc
    GET  /sign-in/oidc/callback
    GET  /setup
    POST /setup
    GET  /join/<token>
    POST /join/<token>
    GET  /webhooks/desks/<connection_id>
"""
SIGNED = """
    POST /webhooks/sources/<source_id>
    POST /webhooks/sources/<source_id>/<operation>
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
    GET  /v1/escalations/retries/<id>
    GET  /v1/tickets
    GET  /v1/tickets/<id>
    GET  /v1/sources
    GET  /v1/sources/<id>
    POST /v1/sources/preview
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
    GET  /v1/subscribers/<id>/replays
    GET  /v1/subscribers/<subscriber_id>/replays/<id>
    GET  /v1/events
    GET  /v1/events/<id>
    GET  /v1/users
    GET  /v1/users/<id>
    GET  /v1/team
    GET  /v1/team/<id>
    GET  /v1/privacy
    """,
    "agent": """
    POST /v1/conversations/<id>/takeover
    POST /v1/conversations/<id>/resume
    POST /v1/conversations/<id>/messages
    POST /v1/escalations
    POST /v1/escalations/<id>/retry
    POST /v1/escalations/retries
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
    DELETE /v1/connections/<id>
    POST /v1/routes
    PATCH /v1/routes/<id>
    DELETE /v1/routes/<id>
    POST /v1/mappings
    POST /v1/mappings/<id>/restore
    POST /v1/subscribers
    PATCH /v1/subscribers/<id>
    DELETE /v1/subscribers/<id>
    POST /v1/subscribers/<id>/rotate
    POST /v1/subscribers/<id>/test
    POST /v1/subscribers/<id>/replays
    POST /v1/subscribers/<subscriber_id>/replays/<id>/stop
    POST /v1/subscribers/deliveries/<id>/retry
    POST /v1/subscribers/<subscriber_id>/deliveries/<id>/retry
    POST /v1/users
    PATCH /v1/users/<id>
    DELETE /v1/users/<id>
    POST /v1/users/<id>/link
    PUT  /v1/team/<id>/hours
    POST /v1/team/<id>/days-off
    DELETE /v1/team/<id>/days-off/<days_off_id>
    GET  /v1/keys
    POST /v1/keys
    GET  /v1/keys/<id>
    DELETE /v1/keys/<id>
    GET  /v1/audit
    PATCH /v1/privacy
    POST /v1/privacy/preview
    POST /v1/privacy/export
    POST /v1/privacy/erasures
    GET  /v1/privacy/erasures
    GET  /v1/privacy/erasures/<id>
    """,
}
CONSOLE = {
    "viewer": """
    GET  /
    GET  /overview
    GET  /inbox
    GET  /conversations/<conversation_id>
    GET  /conversations/files/<file_id>
    GET  /conversations/<conversation_id>/canned-texts
    POST /conversations/<conversation_id>/presence
    GET  /canned-texts
    GET  /canned-texts/<canned_id>
    GET  /tickets/<ticket_id>
    GET  /notices
    GET  /live
    GET  /shortcuts
    GET  /escalations
    GET  /escalations/<escalation_id>
    GET  /escalations/retries/<retry_id>
    GET  /routes
    GET  /connections
    GET  /connections/<connection_id>/mapping
    POST /connections/<connection_id>/mapping
    GET  /connections/<connection_id>
    GET  /connections/<connection_id>/mapping/compare
    GET  /team
    GET  /team/<user_id>
    GET  /sources
    GET  /sources/<source_id>
    GET  /subscribers
    GET  /subscribers/<subscriber_id>
    GET  /subscribers/<subscriber_id>/deliveries/<delivery_id>
    GET  /people
    GET  /people/<user_id>
    GET  /account
    POST /account
    POST /account/password
    POST /account/sessions/end
    POST /account/sessions/<session_id>/end
    """,
    "agent": """
    POST /conversations/<conversation_id>/takeover
    POST /conversations/<conversation_id>/resume
    POST /conversations/<conversation_id>/entries
    POST /conversations/<conversation_id>/status
    POST /conversations/<conversation_id>/assignee
    POST /canned-texts
    POST /canned-texts/<canned_id>/remove
    POST /escalations/<escalation_id>/retry
    POST /escalations/retries
    POST /team/<user_id>/available
    POST /team/<user_id>/hours
    POST /team/<user_id>/days-off
    POST /team/<user_id>/days-off/<days_off_id>/remove
    """,
    "admin": """
    POST /routes
    POST /routes/<route_id>/move/<way>
    POST /routes/<route_id>/remove
    POST /routes/time-zone
    POST /routes/<route_id>
    POST /routes/<route_id>/switch/<way>
    GET  /connections/new
    GET  /connections/new/<desk>
    POST /connections/new/<desk>
    GET  /connections/<connection_id>/authorize
    POST /connections/<connection_id>/authorize
    POST /connections/<connection_id>/activate
    POST /connections/<connection_id>/pause
    POST /connections/<connection_id>/verify
    POST /connections/<connection_id>/mapping/<mapping_id>/restore
    GET  /connections/<connection_id>/credentials
    POST /connections/<connection_id>/credentials
    GET  /connections/new/<desk>/credentials
    POST /connections/new/<desk>/credentials
    POST /connections/<connection_id>/settings
    POST /connections/<connection_id>/webhook
    POST /connections/<connection_id>/secret
    POST /connections/<connection_id>/remove
    GET  /oauth/callback
    POST /team/rule
    GET  /sources/new
    POST /sources/new
    POST /sources/preview
    POST /sources/<source_id>/preview
    POST /sources/<source_id>/callback
    POST /sources/<source_id>/callback/end
    POST /sources/<source_id>
    POST /sources/<source_id>/state/<state>
    POST /sources/<source_id>/rotate
    POST /sources/<source_id>/end-previous
    POST /sources/<source_id>/remove
    GET  /subscribers/new
    POST /subscribers/new
    POST /subscribers/<subscriber_id>
    POST /subscribers/<subscriber_id>/state/<state>
    POST /subscribers/<subscriber_id>/rotate
    POST /subscribers/<subscriber_id>/test
    POST /subscribers/<subscriber_id>/replay
    POST /subscribers/<subscriber_id>/replays
    POST /subscribers/<subscriber_id>/replays/<replay_id>/stop
    POST /subscribers/<subscriber_id>/remove
    GET  /keys
    POST /keys
    POST /keys/<key_id>/revoke
    POST /people
    POST /people/<user_id>
    POST /people/<user_id>/link
    POST /people/<user_id>/state/<state>
    POST /people/<user_id>/remove
    GET  /audit
    GET  /audit.csv
    GET  /privacy
    POST /privacy
    POST /privacy/customer
    GET  /privacy/customer/<conversation_id>
    POST /privacy/export
    POST /privacy/erasures
    GET  /privacy/erasures/<erasure_id>
    GET  /privacy/erasures/<erasure_id>/report.json
    GET  /playground
    POST /playground
    GET  /playground/<conversation_id>
    POST /playground/<conversation_id>/say
    POST /playground/<conversation_id>/hear
    POST /playground/<conversation_id>/agent
    POST /playground/<conversation_id>/reset
    """,
}

Route = tuple[str, str]  # method and rule


def routes(text: str) -> list[Route]:
    """The routes of one entry."""
    return [(method, rule) for method, rule in map(str.split, text.strip().splitlines())]


def by_role(table: dict[str, str]) -> list[tuple[Route, str]]:
    """Every route of a table with the least role that may."""
    return [(route, role) for role, text in table.items() for route in routes(text)]
