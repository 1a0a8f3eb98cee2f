"""A row's job among all that wait, and the keys that are old among all that were told."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute("create index if not exists ix_pgqueuer_payload on pgqueuer (payload)")
    op.execute(
        "create index if not exists ix_events_keys on events (at) where dedupe_key is not null"
    )
