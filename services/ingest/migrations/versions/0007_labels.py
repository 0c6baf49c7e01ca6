"""What sorting found out about a version, beside what was given."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("report_versions", sa.Column("labels", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("report_versions", "labels")
