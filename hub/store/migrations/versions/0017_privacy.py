"""How long a workspace keeps its customers' words, and who is erased before.

A workspace that is there already goes on keeping everything until somebody sets a time.
"""

from pathlib import Path

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    here = Path(__file__).parents[1]
    op.get_bind().exec_driver_sql((here / "0017_privacy.sql").read_text())
