"""Jobs: work that is due once and tried until it is done."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "jobs",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("due_us", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("lease_until_us", sa.Integer),
        sa.Column("done_us", sa.Integer),
    )
    op.create_index("jobs_by_due", "jobs", ["kind", "done_us", "due_us", "key"])


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("jobs")
