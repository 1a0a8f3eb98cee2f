"""Days of the overview that are over are counted once."""

from alembic import op

revision = "0016"
down_revision = "0015"

SQL = """
alter table workspaces add column counted_to timestamptz;

create table figures (
    workspace_id text collate "C" not null,
    day date not null,
    what text not null,
    name text not null,
    size integer not null,
    n integer not null,
    constraint pk_figures primary key (workspace_id, day, what, name, size)
);

create index ix_tickets_created on tickets (workspace_id, created_at);

drop index ix_audit_resumed;

create index ix_audit_turns on audit (workspace_id, at)
    where what in ('agent.replied', 'conversation.resumed');
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SQL)
