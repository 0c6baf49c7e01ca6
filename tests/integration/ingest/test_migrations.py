"""From an empty database, and from a filled one at every revision there ever was, to today's."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Table, select, update
from sqlalchemy.orm import undefer

from libs.bus.record import Record
from libs.database.engine import Database
from libs.database.mapping import Row
from libs.database.outbox import OutboxRelay
from libs.events.report import NormalisedReport, ReportStatus
from services.ingest import store
from services.ingest.deliveries import Delivery, detail_of, handled
from services.ingest.identity import report_id
from services.ingest.migrations.upgrade import configuration, upgrade
from services.ingest.tables import DocumentRow, VersionRow
from tests.integration.ingest.filled import (
    HISTORIES,
    LONG_AGO,
    ORIGINAL,
    PARTNER,
    REJECTION,
    SUBMISSION,
    Contents,
    contents,
    fill,
)
from tests.integration.ingest.stage import Stage, sent

SCRIPTS = ScriptDirectory.from_config(configuration())
REVISIONS = [script.revision for script in SCRIPTS.walk_revisions()]


@dataclass(frozen=True, slots=True)
class Upgraded:
    """A database at today's revision, and what stood in it before."""

    database: Database
    before: Contents


@pytest.fixture(params=REVISIONS)
def upgraded(request: pytest.FixtureRequest, empty_database_url: str) -> Iterator[Upgraded]:
    database = Database(empty_database_url)
    upgrade(database.engine, request.param)
    with database.engine.begin() as connection:
        before = fill(connection)
    upgrade(database.engine)
    yield Upgraded(database, before)
    database.close()


def differences(database: Database) -> list[object]:
    """How the tables differ from what the models say."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Row.metadata))


def test_an_empty_database_gets_the_tables_of_the_models(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    upgrade(database.engine)
    assert differences(database) == []
    database.close()


def test_a_filled_database_gets_the_tables_of_the_models(upgraded: Upgraded) -> None:
    assert differences(upgraded.database) == []


def test_no_row_and_no_value_is_lost(upgraded: Upgraded) -> None:
    with upgraded.database.engine.connect() as connection:
        after = contents(connection)
    for table, rows in upgraded.before.items():
        assert len(rows) > 1
        assert len(after[table]) == len(rows)
        for row in rows:
            # Columns may come; those that were there hold what they held.
            kept = [{name: new[name] for name in row} for new in after[table]]
            assert row in kept, f"a row of {table} changed"


def test_the_models_read_every_row(upgraded: Upgraded) -> None:
    with upgraded.database.read() as session:
        for mapper in Row.registry.mappers:
            rows = session.scalars(select(mapper.class_).options(undefer("*"))).all()
            assert len(rows) == len(upgraded.before.get(mapper.local_table.name, ()))
        for document in session.scalars(select(DocumentRow)):
            assert document.content == ORIGINAL
        for version in session.scalars(select(VersionRow).where(VersionRow.content.is_not(None))):
            NormalisedReport.model_validate(version.content)


def test_receipts_tell_what_they_told(upgraded: Upgraded) -> None:
    stage = Stage(upgraded.database)
    for external_id, statuses in HISTORIES.items():
        receipt = stage.receipt(report_id(PARTNER, external_id, ""))
        assert (receipt.external_id, receipt.version) == (external_id, len(statuses))
        assert [entry.status for entry in receipt.history] == list(statuses)
        assert receipt.passages == (1 if receipt.status is ReportStatus.INDEXED else None)
        rejection = receipt.rejection.model_dump() if receipt.rejection else None
        assert rejection == (REJECTION if receipt.status is ReportStatus.REJECTED else None)
        assert (receipt.document is None) == (external_id == "1")


def test_ingest_goes_on_where_it_was(upgraded: Upgraded) -> None:
    stage = Stage(upgraded.database)
    published: list[Record] = []
    waiting = len(sent_rows := upgraded.before["outbox"])
    assert OutboxRelay(stage.database, published.extend).relay_batch() == waiting
    assert [record.value for record in published] == [row["value"] for row in sent_rows]

    same, created = stage.intake.submit(PARTNER, SUBMISSION)
    assert (same.version, created) == (1, False)
    changed = SUBMISSION.model_copy(update={"text": "Ny text"})
    receipt, created = stage.intake.submit(PARTNER, changed)
    assert (receipt.version, created) == (2, True)
    unfinished = ["accepted", "normalised", "withdrawn"]
    assert stage.reconciler.reconcile(as_of=stage.now) == len(unfinished)
    with stage.database.read() as session:
        assert store.status_counts(session)["accepted"] == 2
    assert len(sent(stage)) == 1 + len(unfinished)


def test_events_that_were_handled_before_stay_handled(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    upgrade(database.engine, "0005")
    report = report_id(PARTNER, "2", "")
    delivery = Delivery("/partners/norr", "event-1", LONG_AGO + dt.timedelta(hours=2))
    with database.engine.begin() as connection:
        fill(connection)
        lines = Table("report_status", MetaData(), autoload_with=connection)
        connection.execute(
            update(lines)
            .where(lines.c.report_id == report)
            .values(detail=detail_of(delivery), status="accepted")
        )
    upgrade(database.engine)
    with database.read() as session:
        found = store.report_row(session, report)
        assert handled(session, found, delivery)
        assert not handled(session, found, replace(delivery, id="event-2"))
        assert found.as_of == delivery.time
        withdrawn = store.report_row(session, report_id(PARTNER, "5", ""))
        assert withdrawn.as_of == LONG_AGO
    database.close()
