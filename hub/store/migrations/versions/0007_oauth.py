"""Authorisations that are on their way, and the lease of who renews a token."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    here = Path(__file__).parents[1]
    op.get_bind().exec_driver_sql((here / "0007_oauth.sql").read_text())
