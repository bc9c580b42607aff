"""Branches, workshops, contract rows, their reviews, inspection undertakings, imports."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
