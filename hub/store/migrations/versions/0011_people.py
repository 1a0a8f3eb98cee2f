"""Sessions to look at, people who are invited and deactivated, sources that pause."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    here = Path(__file__).parents[1]
    op.get_bind().exec_driver_sql((here / "0011_people.sql").read_text())
