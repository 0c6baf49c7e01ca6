"""Questions that were asked lately are not embedded again."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint

from libs.telemetry import names
from services.embed.recent_questions import RecentQuestions
from tests.unit.embed.fakes import FakeEmbedder


@pytest.fixture
def reader() -> InMemoryMetricReader:
    return InMemoryMetricReader()


@pytest.fixture
def engine() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def recent(engine: FakeEmbedder, reader: InMemoryMetricReader) -> RecentQuestions:
    return RecentQuestions(engine, 2, MeterProvider([reader]).get_meter("test"))


def asked(reader: InMemoryMetricReader) -> dict[object, int | float]:
    data = reader.get_metrics_data()
    [metric] = data.resource_metrics[0].scope_metrics[0].metrics if data else []
    assert metric.name == names.METRIC_QUESTIONS
    points = [point for point in metric.data.data_points if isinstance(point, NumberDataPoint)]
    return {(point.attributes or {})[names.CACHED]: point.value for point in points}


def test_a_question_is_embedded_once_and_its_hits_are_counted(
    recent: RecentQuestions, engine: FakeEmbedder, reader: InMemoryMetricReader
) -> None:
    first = recent.embed_queries(["a", "b", "a"])
    again = recent.embed_queries(["b", "a"])
    assert engine.embedded == ["a", "b"]
    assert np.array_equal(first, FakeEmbedder().embed_queries(["a", "b", "a"]))
    assert np.array_equal(again, first[[1, 0]])
    assert asked(reader) == {True: 3, False: 2}


def test_the_one_that_was_asked_longest_ago_goes_first(
    recent: RecentQuestions, engine: FakeEmbedder
) -> None:
    for text in ("a", "b", "a", "c", "a", "b"):
        recent.embed_queries([text])
    assert engine.embedded == ["a", "b", "c", "b"]


def test_what_a_caller_does_to_his_vectors_changes_none_that_are_kept(
    recent: RecentQuestions,
) -> None:
    kept = recent.embed_queries(["a"]).copy()
    recent.embed_queries(["a"])[:] = 0
    assert np.array_equal(recent.embed_queries(["a"]), kept)


def test_another_model_finds_nothing_of_the_one_before(
    recent: RecentQuestions, engine: FakeEmbedder
) -> None:
    recent.embed_queries(["a"])
    engine.model = "other@1"
    recent.embed_queries(["a"])
    assert engine.embedded == ["a", "a"]


def test_passages_are_not_kept(recent: RecentQuestions, engine: FakeEmbedder) -> None:
    recent.embed_passages(["a"])
    recent.embed_passages(["a"])
    assert engine.embedded == ["a", "a"]


def test_more_questions_at_once_than_are_kept(recent: RecentQuestions) -> None:
    texts = [str(number) for number in range(9)]
    assert np.array_equal(recent.embed_queries(texts), FakeEmbedder().embed_queries(texts))
    assert recent.embed_queries([]).shape == (0, 8)


def test_many_callers_at_once_get_their_own_vectors(recent: RecentQuestions) -> None:
    texts = [str(number % 5) for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: recent.embed_queries([text])[0], texts))
    assert np.array_equal(np.array(found), FakeEmbedder().embed_queries(texts))
