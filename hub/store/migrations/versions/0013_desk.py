"""The Help Desk's lists and search, who has read what, who is there, canned texts."""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    here = Path(__file__).parents[1]
    op.get_bind().exec_driver_sql((here / "0013_desk.sql").read_text())
