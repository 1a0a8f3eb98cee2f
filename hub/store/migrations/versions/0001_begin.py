"""The tables as they were at the beginning, and the queue's."""

from pathlib import Path

from alembic import op

from hub import jobs

revision = "0001"
down_revision = None


def upgrade() -> None:
    here = Path(__file__).parents[1]
    run = op.get_bind().exec_driver_sql
    run((here / "0001_begin.sql").read_text().replace("%", "%%"))
    run(jobs.install_sql().replace("%", "%%"))
