from services.gateway.waterfall import WIDTH, summary, waterfall
from tests.unit.gateway.samples import TRACE_ID, a_span


def test_spans_stand_under_their_parents_in_order_of_their_start() -> None:
    spans = [
        a_span("d", "b", "embed", 30, 40),
        a_span("c", "a", "ingest", 50, 60),
        a_span("a", None, "gateway", 0, 100),
        a_span("b", "a", "ingest", 10, 45),
    ]
    bars = waterfall(spans)
    shown = [(bar.depth, bar.service, bar.tone, bar.x, bar.width) for bar in bars]
    assert shown == [
        (0, "gateway", 0, 0, WIDTH),
        (1, "ingest", 1, 100, 350),
        (2, "embed", 2, 300, 100),
        (1, "ingest", 1, 500, 100),
    ]


def test_a_child_whose_parent_is_away_stands_alone() -> None:
    spans = [a_span("a", "gone", "ingest", 5, 10), a_span("b", "a", "embed", 6, 7)]
    assert [bar.depth for bar in waterfall(spans)] == [0, 1]
    assert summary(spans).root == "work"


def test_a_bar_is_never_too_thin_to_see_nor_beyond_the_end() -> None:
    spans = [a_span("a", None, "gateway", 0, 100_000), a_span("b", "a", "ingest", 100_000, 100_000)]
    last = waterfall(spans)[1]
    assert last.width > 0
    assert last.x + last.width == WIDTH
    assert waterfall([a_span("a", None, "gateway", 5, 5)])[0].width > 0


def test_a_thousand_nested_spans_are_shown() -> None:
    spans = [a_span(str(n), str(n - 1) if n else None, "ingest", n, 2_000) for n in range(1_000)]
    bars = waterfall(spans)
    assert len(bars) == 1_000
    assert max(bar.depth for bar in bars) == 8


def test_the_summary_of_a_trace() -> None:
    found = summary(
        [
            a_span("b", "a", "ingest", 1_000, 2_500, failed=True),
            a_span("a", None, "gateway", 900, 1_500, name="POST /v1/reports"),
        ]
    )
    assert found.trace_id == TRACE_ID
    assert found.root == "POST /v1/reports"
    assert found.services == ("gateway", "ingest")
    assert (found.spans, found.duration_ns, found.failed) == (2, 1_600_000_000, True)
    assert found.started.isoformat() == "1970-01-01T00:00:00.900000+00:00"
