"""What routes need: whose clock, how long a desk has, and where an escalation has been."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    here = Path(__file__).parents[1]
    op.get_bind().exec_driver_sql((here / "0005_routes.sql").read_text().replace("%", "%%"))
