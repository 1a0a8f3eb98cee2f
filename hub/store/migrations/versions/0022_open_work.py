"""Deliveries that wait and tickets with a relay, among all that there ever were."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute(
        "create index if not exists ix_deliveries_pending on deliveries (created_at)"
        " where state = 'pending'"
    )
    op.execute(
        "create index if not exists ix_tickets_relaying on tickets (created_at) where relaying"
    )
