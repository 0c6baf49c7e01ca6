"""Changing the model on hand-written ports: the parts that collections play, step by step."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.trace import NoOpTracer

from libs.errors import Conflict, InvalidInput, NavigatorError, Unavailable
from libs.events.payloads import ReportAccepted, ReportIndexed, ReportWithdrawn
from libs.events.reindex import ReindexRequest, StandingReport, StandingReports
from libs.events.report import NormalisedReport, ReportContent, Section
from libs.language.detection import LanguageDetector
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.collections import Collections, Made, Notes, Roles
from libs.vectors.port import CollectionSpec, PassageIndex
from services.embed.embedder import Embedder, Vectors
from services.embed.every_collection import EveryCollection
from services.embed.handlers import EmbedHandlers
from services.embed.reindexer import MOST_BEHIND, SETTLE_S, Reindexer
from services.embed.settings import EmbedSettings
from services.embed.sorting.sorter import Sorter
from services.embed.targets import Targets
from tests.unit.embed.fakes import FakeEmbedder, FakeIndex, FakeSource

OTHER = ReindexRequest(correction="none")
MODELS = {"means": "fake@1", "none": "other@1"}


class FakeStore:
    """Collections in memory; they outlive the processes that open them."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[Made, FakeIndex]] = {}
        self.given = Roles()

    def roles(self) -> Roles:
        return self.given

    def assign(self, roles: Roles) -> None:
        self.given = roles

    def names(self) -> list[str]:
        return list(self.known)

    def made(self, name: str) -> Made | None:
        return self.known[name][0] if name in self.known else None

    def open(self, name: str, spec: CollectionSpec, notes: Notes) -> PassageIndex:
        made = (Made(spec, dict(notes)), FakeIndex())
        return self.known.setdefault(name, made)[1]

    def drop(self, name: str) -> None:
        self.known.pop(name, None)

    def close(self) -> None:
        """Nothing to let go of."""


class SpoiledEmbedder(FakeEmbedder):
    """Raises its trouble while it has one."""

    trouble: Exception | None = None

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        if self.trouble is not None:
            raise self.trouble
        return super().embed_passages(texts)


class FakeRecord:
    """Ingest's record, two reports on a page."""

    def __init__(self) -> None:
        self.standing_reports: dict[str, StandingReport] = {}

    def standing(self, after: str) -> StandingReports:
        behind = sorted(key for key in self.standing_reports if key > after)
        page = tuple(self.standing_reports[key] for key in behind[:2])
        return StandingReports(
            items=page,
            next=page[-1].report_id if len(behind) > 2 else None,
            reports=None if after else len(self.standing_reports),
            passages=None if after else sum(e.passages for e in self.standing_reports.values()),
        )


class Stage:
    """Embed without HTTP and Kafka; `restart` is what a kill leads to."""

    def __init__(self, models: Mapping[str, str] = MODELS) -> None:
        self.models, self.earlier = models, frozenset[str]()
        self.store, self.source, self.record = FakeStore(), FakeSource(), FakeRecord()
        self.settings = EmbedSettings()
        self.now = 0.0
        self.today = datetime(2026, 11, 25, tzinfo=UTC)
        self.away: set[str] = set()
        self.restart()

    def restart(self) -> None:
        collections = Collections(self.store, "passages")
        self.targets = Targets(
            collections,
            self.settings,
            self.open_model,
            self.handlers,
            lambda: self.today,
            earlier=self.earlier,
        )
        self.reindexer = Reindexer(self.targets, self.record, self.clock)
        self.events = EveryCollection(self.targets, self.reindexer.follow)

    def clock(self) -> float:
        self.now += 0.001
        return self.now

    def open_model(self, settings: EmbedSettings) -> Embedder:
        if settings.correction in self.away:
            raise Unavailable("the model is away")
        embedder = SpoiledEmbedder()
        embedder.model = self.models[settings.correction]
        return embedder

    def handlers(self, embedder: Embedder, index: PassageIndex) -> EmbedHandlers:
        return EmbedHandlers(
            source=self.source,
            embedder=embedder,
            index=index,
            bm25=Bm25Encoder(),
            detector=DETECTOR,
            sorter=Sorter(None),
            tracer=NoOpTracer(),
            passage_tokens=10,
        )

    def spoil(self, correction: str, trouble: Exception) -> "SpoiledEmbedder":
        """Have the model that is open for a correction raise something from now on."""
        opened = next(
            each for each in self.targets._opened.values() if each.settings.correction == correction
        )
        assert isinstance(opened.embedder, SpoiledEmbedder)
        opened.embedder.trouble = trouble
        return opened.embedder

    def accept(self, report_id: str, version: int = 1) -> None:
        """A report comes in and is indexed, as ingest then knows."""
        url = f"/internal/reports/{report_id}/versions/{version}"
        report = NormalisedReport(title="T", sections=(Section(text="Vi ringde på. " * 9),))
        self.source.contents[url] = ReportContent(
            report_id=report_id, version=version, partner="p", report=report
        )
        event = ReportAccepted(
            report_id=report_id, version=version, partner="p", digest="d", content_url=url
        )
        (told,) = self.events.on_report_accepted(event)
        assert isinstance(told, ReportIndexed)
        self.record.standing_reports[report_id] = StandingReport(
            passages=told.passages, withdrawn=False, **event.model_dump()
        )

    def withdraw(self, report_id: str) -> None:
        standing = self.record.standing_reports[report_id]
        self.events.on_report_withdrawn(
            ReportWithdrawn(report_id=report_id, version=standing.version)
        )
        self.record.standing_reports[report_id] = standing.model_copy(update={"withdrawn": True})

    def work(self, steps: int = 200) -> None:
        """So many steps of the worker, a second after the other."""
        for _ in range(steps):
            self.now += 1
            self.reindexer._look()

    def read(self) -> str:
        return self.targets.parts.active.embedder.model

    def index(self, model: str) -> FakeIndex:
        return next(i for made, i in self.store.known.values() if made.spec.model == model)

    def held(self) -> dict[str, dict[str, int]]:
        """Versions that are found, by the model of the collection."""
        return {made.spec.model: dict(index.versions) for made, index in self.store.known.values()}


DETECTOR = LanguageDetector()


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    for name in "abcde":
        made.accept(name)
    yield made
    made.targets.close()


ALL = dict.fromkeys("abcde", 1)


def test_a_new_collection_is_filled_and_then_read(stage: Stage) -> None:
    begun = stage.reindexer.begin(OTHER)
    assert begun.phase == "building"
    assert "cannot be inferred" in (begun.remark or "")
    assert (stage.read(), stage.reindexer.status().reports) == ("fake@1", 0)
    stage.work(5)
    half = stage.reindexer.status()
    assert 0 < half.reports < half.reports_total == 5
    assert half.remaining_s is not None
    assert stage.read() == "fake@1"
    stage.work()
    assert stage.held() == {"fake@1": ALL, "other@1": ALL}
    assert (stage.read(), stage.reindexer.status().phase) == ("other@1", "switched")
    assert stage.reindexer.confirm().phase == "none"
    assert stage.held() == {"other@1": ALL}


def test_it_is_not_read_before_all_processes_write_it(stage: Stage) -> None:
    stage.reindexer.begin(OTHER)
    stage.work(int(SETTLE_S))
    assert stage.reindexer.status().phase in {"building", "checking"}


def test_after_a_kill_it_goes_on_where_it_was(stage: Stage) -> None:
    stage.reindexer.begin(OTHER)
    stage.work(5)
    done = stage.held()["other@1"]
    assert 0 < len(done) < 5
    first = dict(stage.index("other@1").points)
    stage.restart()
    stage.work()
    assert stage.held()["other@1"] == ALL
    points = stage.index("other@1").points
    assert all(points[key] is point for key, point in first.items()), "none is written again"


def test_what_comes_meanwhile_is_in_both(stage: Stage) -> None:
    stage.reindexer.begin(OTHER)
    stage.work(3)
    stage.accept("f")
    stage.accept("a", 2)
    stage.withdraw("e")
    stage.work()
    stage.accept("g")
    stage.withdraw("d")
    stage.work(2)
    both = {"a": 2, "b": 1, "c": 1, "f": 1, "g": 1}
    assert stage.held() == {"fake@1": both, "other@1": both}
    assert stage.reindexer.rollback().active.model == "fake@1"
    assert stage.read() == "fake@1"
    assert stage.reindexer.rollback().active.model == "other@1"


def test_intake_hears_nothing_of_the_model_that_is_not_read(stage: Stage) -> None:
    stage.reindexer.begin(OTHER)
    stage.work(3)
    spoiled = stage.spoil("none", RuntimeError("out of memory"))
    stage.accept("f")
    stage.withdraw("a")
    stage.work(40)
    assert stage.read() == "fake@1"
    assert "f" not in stage.held()["other@1"]
    assert "RuntimeError" in (stage.reindexer.status().trouble or "")
    spoiled.trouble = Unavailable("away")
    with pytest.raises(Unavailable):
        stage.work()
    spoiled.trouble = None
    stage.work()
    assert stage.read() == "other@1"
    assert stage.held()["other@1"] == stage.held()["fake@1"] == dict.fromkeys("bcdef", 1)


def test_a_report_that_cannot_be_taken_does_not_keep_the_others(stage: Stage) -> None:
    stage.reindexer.begin(OTHER)
    url = stage.record.standing_reports["b"].content_url
    stage.source.broken[url] = ValueError("a bug")
    stage.work()
    assert stage.held()["other@1"] == dict.fromkeys("acde", 1)
    assert "report b" in (stage.reindexer.status().trouble or "")
    stage.source.broken.clear()
    stage.work()
    assert (stage.read(), stage.reindexer.status().trouble) == ("other@1", None)


def test_a_collection_that_cannot_be_opened_any_more_stops_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.reindexer.begin(OTHER)
    stage.work(3)
    # A release with other means: the same settings make another model.
    monkeypatch.setitem(MODELS, "none", "other@2")
    stage.restart()
    stage.work(3)
    found = stage.reindexer.status()
    assert found.building is not None
    assert (found.phase, found.building.model) == ("building", "other@1")
    assert "other@1" in (found.trouble or "")
    assert "navigator reindex cancel" in (found.trouble or "")
    with pytest.raises(Conflict):
        stage.reindexer.switch()
    stage.accept("f")
    assert stage.reindexer.cancel().phase == "none"
    stage.work(1)
    assert stage.reindexer.status().trouble is None
    assert list(stage.held()) == ["fake@1"]


def test_it_may_be_given_up_while_a_report_is_taken(stage: Stage) -> None:
    stage.reindexer.begin(OTHER)
    stage.work(2)

    def give_up() -> None:
        stage.source.then = None
        stage.reindexer.cancel()
        raise ValueError("what a closed model says")

    stage.source.then = give_up
    stage.work(4)
    assert stage.source.then is None
    assert (stage.reindexer.status().phase, stage.reindexer.status().trouble) == ("none", None)


def test_the_settings_may_name_the_old_model_until_they_are_changed(stage: Stage) -> None:
    stage.reindexer.begin(OTHER)
    stage.work()
    stage.restart()
    assert stage.read() == "other@1"
    stage.settings = EmbedSettings(correction="none")
    stage.restart()
    stage.work(2)
    stage.reindexer.confirm()
    stage.restart()
    assert stage.read() == "other@1"
    stage.settings = EmbedSettings()
    stage.restart()
    assert stage.read() == "other@1"


def test_after_a_rollback_the_settings_may_name_the_other_model(stage: Stage) -> None:
    stage.reindexer.begin(OTHER)
    stage.work()
    stage.settings = EmbedSettings(correction="none")
    stage.restart()
    stage.reindexer.rollback()
    stage.restart()
    stage.work(2)
    assert stage.read() == "fake@1"
    assert stage.reindexer.rollback().active.model == "other@1"


def test_after_a_restart_nothing_is_switched_before_it_was_looked_at(stage: Stage) -> None:
    stage.reindexer.begin(OTHER)
    stage.work(3)
    stage.restart()
    with pytest.raises(Conflict, match="does not hold all"):
        stage.reindexer.switch()
    assert stage.reindexer.begin(OTHER).phase == "building"
    assert stage.read() == "fake@1"


def test_it_is_not_read_while_much_that_came_in_waits_for_it(stage: Stage) -> None:
    stage.reindexer.begin(OTHER.model_copy(update={"hold": True}))
    stage.work()
    for number in range(MOST_BEHIND + 1):
        stage.accept(f"n{number}")
    assert stage.reindexer.status().phase != "complete"
    with pytest.raises(Conflict, match="does not hold all"):
        stage.reindexer.switch()
    stage.work(MOST_BEHIND + 1)
    stage.reindexer.switch()
    assert stage.held()["other@1"] == stage.held()["fake@1"]


def test_one_that_was_begun_anew_is_not_switched_for_the_one_before(stage: Stage) -> None:
    held = OTHER.model_copy(update={"hold": True})
    stage.reindexer.begin(held)
    stage.work()
    complete = stage.reindexer._complete
    # Another process gives it up and begins again: the name is the same.
    other = Targets(
        stage.targets._collections,
        stage.settings,
        stage.open_model,
        stage.handlers,
        lambda: datetime.now(UTC),
    )
    other.refresh()
    other.cancel()
    other.begin(held)
    assert stage.reindexer._complete == complete
    assert stage.reindexer.status().phase != "complete"
    with pytest.raises(Conflict, match="does not hold all"):
        stage.reindexer.switch()


def test_what_a_kill_left_of_one_that_was_given_up_is_removed(stage: Stage) -> None:
    stage.reindexer.begin(OTHER)
    stage.store.assign(dataclasses.replace(stage.store.given, building=None))
    stage.restart()
    assert list(stage.held()) == ["fake@1", "other@1"], "its maker may be about to name it"
    stage.today += timedelta(hours=2)
    stage.restart()
    assert list(stage.held()) == ["fake@1"]


def test_a_release_with_new_language_means_reads_what_was_made_with_the_old(
    caplog: pytest.LogCaptureFixture,
) -> None:
    old, new = "fake@1+means-00000001", "fake@1+means-00000002"
    stage = Stage({"means": old})
    stage.accept("a")
    stage.targets.close()
    stage.models = {"means": new, "means-00000001": old}
    with pytest.raises(Conflict, match="navigator reindex"):
        stage.restart()
    stage.earlier = frozenset({"means-00000001"})
    stage.restart()
    assert "navigator reindex --correction means" in caplog.text
    stage.accept("b")
    assert stage.read() == old
    stage.reindexer.begin(ReindexRequest(correction="means"))
    stage.work()
    assert stage.held() == {old: {"a": 1, "b": 1}, new: {"a": 1, "b": 1}}
    caplog.clear()
    for read in (new, old, new):
        stage.restart()
        assert stage.read() == read
        stage.work(2)
        stage.reindexer.rollback()
    assert "another model" not in caplog.text


def test_another_model_that_is_only_set_is_refused(stage: Stage) -> None:
    stage.settings = EmbedSettings(correction="none")
    with pytest.raises(Conflict, match="navigator reindex"):
        stage.restart()
    assert list(stage.held()) == ["fake@1"]


def test_what_waits_when_a_switch_is_confirmed_is_not_lost(stage: Stage) -> None:
    stage.reindexer.begin(OTHER.model_copy(update={"hold": True}))
    stage.work()
    stage.accept("f")
    stage.reindexer.switch()
    stage.reindexer.confirm()
    url = "/internal/reports/f/versions/1"
    stage.source.broken[url] = Unavailable("ingest is away")
    with pytest.raises(Unavailable):
        stage.work(1)
    del stage.source.broken[url]
    stage.work()
    assert stage.held() == {"other@1": ALL | {"f": 1}}


@pytest.mark.parametrize("killed_first", [True, False])
def test_nor_is_it_when_a_kill_comes_before_or_after(stage: Stage, *, killed_first: bool) -> None:
    stage.reindexer.begin(OTHER.model_copy(update={"hold": True}))
    stage.work()
    stage.accept("f")
    stage.reindexer.switch()
    if killed_first:
        stage.restart()
    stage.reindexer.confirm()
    if not killed_first:
        stage.restart()
    assert stage.held() == {"other@1": ALL}
    stage.work()
    assert stage.held() == {"other@1": ALL | {"f": 1}}
    assert stage.store.roles() == Roles(stage.targets.parts.active.name)


def test_what_is_read_is_made_up_for_while_another_is_built(stage: Stage) -> None:
    stage.reindexer.begin(OTHER.model_copy(update={"hold": True}))
    stage.work()
    stage.accept("f")
    stage.reindexer.switch()
    stage.restart()
    stage.reindexer.confirm()
    stage.reindexer.begin(ReindexRequest(correction="means", hold=True))
    stage.work()
    assert stage.held() == dict.fromkeys(("fake@1", "other@1"), ALL | {"f": 1})


def test_held_it_waits_for_the_switch_and_can_be_given_up(stage: Stage) -> None:
    held = OTHER.model_copy(update={"hold": True})
    stage.reindexer.begin(held)
    with pytest.raises(Conflict, match="does not hold all"):
        stage.reindexer.switch()
    stage.work()
    assert stage.reindexer.status().phase == "complete"
    assert stage.reindexer.cancel().phase == "none"
    assert list(stage.held()) == ["fake@1"]
    stage.reindexer.begin(held)
    stage.work()
    stage.reindexer.switch()
    assert stage.read() == "other@1"


@pytest.mark.parametrize("step", ["switch", "confirm", "rollback", "cancel"])
def test_steps_out_of_turn_are_refused(stage: Stage, step: str) -> None:
    with pytest.raises(Conflict):
        getattr(stage.reindexer, step)()


def test_wrong_requests_are_refused(stage: Stage) -> None:
    wrong: list[tuple[ReindexRequest, type[NavigatorError]]] = [
        (ReindexRequest(correction="means"), Conflict),
        (ReindexRequest(engine="abacus"), InvalidInput),
    ]
    for request, error in wrong:
        with pytest.raises(error):
            stage.reindexer.begin(request)
    stage.away.add("none")
    with pytest.raises(Unavailable):
        stage.reindexer.begin(OTHER)
    assert stage.store.given.building is None
    stage.away.clear()
    stage.reindexer.begin(OTHER)
    assert stage.reindexer.begin(OTHER).phase == "building"
    stage.work()
    with pytest.raises(Conflict, match="confirm"):
        stage.reindexer.begin(OTHER)
