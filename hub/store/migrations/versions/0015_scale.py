"""Leases, and the trace of an escalation."""

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    here = Path(__file__).parents[1]
    op.get_bind().exec_driver_sql((here / "0015_scale.sql").read_text())
