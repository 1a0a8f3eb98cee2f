"""Dialects with options; subscribers with order, v1a and replays; attempts and aged bodies."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    here = Path(__file__).parents[1]
    op.get_bind().exec_driver_sql((here / "0009_subscribers.sql").read_text())
