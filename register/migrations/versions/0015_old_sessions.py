"""An index by which the sessions that ended long ago are found."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.execute("CREATE INDEX staff_session_ends_at ON staff_session (ends_at)")
