"""kill -9 between the commit of a report and the commit of its offset."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from libs.bus.local_broker import LocalBroker
from libs.bus.record import Record
from libs.bus.topics import ensure_topic_names
from libs.database.engine import Database
from libs.events.partner_examples import EXAMPLES
from libs.events.partner_topics import partner_topic
from libs.events.payloads import ReportRejected
from libs.events.report import ReportStatus
from services.ingest.identity import report_id
from services.ingest.partner_reports import GROUP, PartnerReports
from tests.contract.bus.stage import Stage as Bus
from tests.contract.bus.stage import free_port, settings_for
from tests.integration.ingest.stage import Stage
from tests.integration.ingest.test_partner_reports import REJECTION

ROOT = Path(__file__).parents[3]
MESSAGE = EXAMPLES["report.submitted"]["A report with its text"] | {
    "source": "/partners/norr",
    "time": "2025-05-04T12:00:00Z",
}
REPORT_ID = report_id("norr", "2021-04", "")


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    with (
        LocalBroker(tmp_path / "broker", free_port()) as broker,
        closing(Bus(settings_for(broker.bootstrap), group=GROUP)) as bus,
    ):
        ensure_topic_names(bus.settings, [partner_topic("norr")])
        yield bus


def take_in_and_die(bus: Bus, database: Database) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.integration.ingest.partner_process"]
    died = subprocess.run(
        [*command, bus.settings.bootstrap, url], cwd=ROOT, timeout=60, check=False
    )
    assert died.returncode == -signal.SIGKILL


@pytest.mark.parametrize("rejected", [False, True], ids=["in progress", "rejected meanwhile"])
def test_the_report_is_recorded_once(bus: Bus, database: Database, *, rejected: bool) -> None:
    bus.producer.send([Record(partner_topic("norr"), "2021-04", json.dumps(MESSAGE).encode())])
    take_in_and_die(bus, database)
    stage = Stage(database)
    assert stage.receipt(REPORT_ID).version == 1
    if rejected:
        stage.handlers.on_report_rejected(
            ReportRejected(report_id=REPORT_ID, version=1, stage="index", rejection=REJECTION)
        )
    handler = PartnerReports(stage.intake, 10)
    bus.consume(handler.on_partner_event, handlers=handler.by_topic(("norr",)))
    bus.wait_until_committed(1)
    receipt = stage.receipt(REPORT_ID)
    status = ReportStatus.REJECTED if rejected else ReportStatus.ACCEPTED
    assert (receipt.version, receipt.status) == (1, status)
    assert stage.committed == []
