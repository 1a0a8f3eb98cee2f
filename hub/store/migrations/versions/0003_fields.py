"""Which version of a mapping made a ticket, whether it was held against its desk; priorities."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("alter table mappings add column checked boolean not null default false")
    run("alter table escalations add column mapping_version integer")
    run("alter table tickets add column mapping_version integer")
    run("alter table native_tickets add column priority text")
