"""Authorisations that are on their way, and the lease of who renews a token."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    here = Path(__file__).parents[1]
    op.get_bind().exec_driver_sql((here / "0002_oauth.sql").read_text())
