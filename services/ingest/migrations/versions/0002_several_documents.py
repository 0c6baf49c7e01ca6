"""A report may have several documents: they are numbered, from 0."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# SQLite gives primary keys no names; this is the one that PostgreSQL gave.
NAMES = {"pk": "%(table_name)s_pkey"}
PRIMARY_KEY = "documents_pkey"


def upgrade() -> None:
    with op.batch_alter_table("documents", naming_convention=NAMES) as documents:
        # The default numbers the documents that are there; new ones come with their number.
        documents.add_column(sa.Column("number", sa.Integer(), server_default="0", nullable=False))
        documents.drop_constraint(PRIMARY_KEY, type_="primary")
        documents.create_primary_key(PRIMARY_KEY, ["report_id", "version", "number"])


def downgrade() -> None:
    op.execute("DELETE FROM documents WHERE number > 0")
    with op.batch_alter_table("documents", naming_convention=NAMES) as documents:
        documents.drop_constraint(PRIMARY_KEY, type_="primary")
        documents.create_primary_key(PRIMARY_KEY, ["report_id", "version"])
        documents.drop_column("number")
