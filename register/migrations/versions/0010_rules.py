"""What the rules at issue ask of earlier requests: row, sequence and kind beside each intent."""

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
