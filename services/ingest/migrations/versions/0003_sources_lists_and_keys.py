"""The partner's own systems, what the list is filtered by, and idempotency keys.

Of what stands in the database already the filters are made from its newest versions.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BATCH = 200
reports = sa.table("reports", sa.column("id"), sa.column("version"), sa.column("folded_title"))
versions = sa.table(
    "report_versions",
    sa.column("report_id"),
    sa.column("version"),
    sa.column("title"),
    sa.column("submission", sa.JSON()),
    sa.column("content", sa.JSON()),
)
facets = sa.table("report_facets", sa.column("report_id"), sa.column("kind"), sa.column("value"))


def upgrade() -> None:
    _let_sources_share_ids()
    op.create_index("ix_reports_external_id", "reports", ["external_id"], postgresql_using="hash")
    op.create_index("ix_report_versions_updated_at", "report_versions", ["updated_at", "report_id"])
    op.create_table(
        "report_facets",
        sa.Column("report_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"]),
        sa.PrimaryKeyConstraint("report_id", "kind", "value"),
    )
    op.create_index("ix_report_facets_value", "report_facets", ["kind", "value", "report_id"])
    op.create_table(
        "idempotency_keys",
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("partner", "key"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    _fill()


def _let_sources_share_ids() -> None:
    columns = (
        sa.Column("source", sa.String(length=64), nullable=True),
        sa.Column("folded_title", sa.Text(), nullable=False, server_default=""),
    )
    # A database that was here before and went back to 0002 has it no more.
    constrained = bool(sa.inspect(op.get_bind()).get_unique_constraints("reports"))
    if op.get_bind().dialect.name == "postgresql":
        for column in columns:
            op.add_column("reports", column)
        if constrained:
            op.drop_constraint("reports_partner_external_id_key", "reports", type_="unique")
        return
    # SQLite gives the constraint no name; this is the one that it is reflected by.
    names = {"uq": "uq_%(table_name)s_%(column_0_name)s"}
    with op.batch_alter_table("reports", naming_convention=names) as table:
        for column in columns:
            table.add_column(column)
        if constrained:
            table.drop_constraint("uq_reports_partner", type_="unique")


def _fill() -> None:
    connection = op.get_bind()
    last = ""
    while True:
        rows = connection.execute(
            sa.select(versions)
            .join(
                reports,
                (reports.c.id == versions.c.report_id) & (reports.c.version == versions.c.version),
            )
            .where(versions.c.report_id > last)
            .order_by(versions.c.report_id)
            .limit(BATCH)
        ).all()
        if not rows:
            return
        last = rows[-1].report_id
        _fill_batch(connection, rows)


def _fill_batch(connection: sa.Connection, rows: Any) -> None:
    found = []
    for row in rows:
        report = row.content or row.submission
        found += [
            {"report_id": row.report_id, "kind": kind, "value": value}
            for kind, value in sorted(_facets(report))
        ]
        title = report.get("title", row.title)
        connection.execute(
            sa.update(versions)
            .where(versions.c.report_id == row.report_id, versions.c.version == row.version)
            .values(title=title)
        )
        connection.execute(
            sa.update(reports)
            .where(reports.c.id == row.report_id)
            .values(folded_title=title.casefold())
        )
    if found:
        connection.execute(sa.insert(facets), found)


def _facets(report: dict[str, Any]) -> set[tuple[str, str]]:
    # A copy of what services.ingest.facets did when this was written, which may change there.
    tag = report.get("language", "").lower()
    languages = {tag if len(tag) <= 35 else "", tag.partition("-")[0]} - {""}  # noqa: PLR2004
    return (
        {("language", language) for language in languages}
        | {("country", place["country"]) for place in report.get("places", ())}
        | {("theme", theme) for theme in report.get("themes", ())}
    )


def downgrade() -> None:
    op.drop_table("idempotency_keys")
    op.drop_table("report_facets")
    op.drop_index("ix_report_versions_updated_at", "report_versions")
    op.drop_index("ix_reports_external_id", "reports")
    # The ids stay free: two sources may have used the same by now.
    op.drop_column("reports", "folded_title")
    op.drop_column("reports", "source")
