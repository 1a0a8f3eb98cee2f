"""Messages and events are checked against no parent row.

A key has every insert look up and lock the conversation, for each of a transcript's messages: see
`hub.store.schema.hot`.
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_constraint("fk_messages_conversation_id", "messages")
    op.drop_constraint("fk_events_conversation_id", "events")
