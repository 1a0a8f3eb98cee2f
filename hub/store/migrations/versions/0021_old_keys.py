"""Which events are to be known again no longer, without reading all that were ever told."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute(
        "create index if not exists ix_events_keys on events (at) where dedupe_key is not null"
    )
