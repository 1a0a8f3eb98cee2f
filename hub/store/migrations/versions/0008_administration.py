"""What was called at a desk, a connection's health and archive, routes at rest, bulk retries."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    here = Path(__file__).parents[1]
    op.get_bind().exec_driver_sql((here / "0008_administration.sql").read_text())
