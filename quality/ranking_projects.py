"""Whether the votes for methods put better projects first, with the product's own ranking.

A case asks and the other cases are the projects; one is right when it used a method that is right
for the asking case. Cases without links are left out: they can never be right, so whatever sinks
them would look good. The demonstration corpus cannot tell this: no two of its reports name the
same method.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final
from uuid import UUID

import numpy as np

from libs.events.report import Method, NormalisedReport, ReportContent
from libs.vectors.port import PassageHit
from quality.measures import MAIN, gain, measured
from quality.method_routes import Routes
from quality.participedia import Participedia
from quality.signal_rows import Row, signal_rows
from quality.signals import FUSED, SIGNALS, Scores
from services.recommend.cards import FoundReport
from services.recommend.ranking.ranker import Candidate, match_parts
from services.recommend.record import Record

RANKED: Final = 30
SHARES: Final = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7)


def projects(task: Participedia, routes: Routes) -> Iterator[Row]:
    """Each signal, and the votes' share that is best on the tuning half; on the test half."""
    found = candidates_of(task, routes)
    for head in (True, False):
        subject = f"projects: cases that used a right method, {'with' if head else 'without'} head"
        right = right_projects(task, test=True, head=head)
        by_signal = {name: _nearest(task, routes.near[name], right) for name in SIGNALS}
        yield from signal_rows(by_signal, right, subject)
        tuning = right_projects(task, test=False, head=head)
        best = max(SHARES, key=lambda share: measured(_voted(found, share, tuning), tuning)[MAIN])
        unvoted = _voted(found, 0.0, right)
        for share in dict.fromkeys((best, *SHARES)):
            run = _voted(found, share, right)
            chosen = ", chosen on the other half" if share == best else ""
            row: Row = {
                "name": f"fused, votes {share}{chosen}",
                "subject": subject,
                "n": len(right),
            }
            yield row | {"over no votes": gain(run, unvoted, right)} | measured(run, right)


def _nearest(
    task: Participedia, near: Scores, right: Mapping[str, object]
) -> dict[str, dict[str, float]]:
    linked = [(column, case) for column, case in enumerate(task.cases) if case in task.links]
    return {
        case: {other: float(scores[column]) for column, other in linked if other != case}
        for case, scores in zip(task.cases, near, strict=True)
        if case in right
    }


def right_projects(task: Participedia, *, test: bool, head: bool) -> dict[str, set[str]]:
    """The cases that used a method which is right for each asking case of one half."""
    right = {
        case: {other for other, used in task.links.items() if other != case and used & methods}
        for case, methods in task.questions(test=test, head=head).items()
    }
    return {case: others for case, others in right.items() if others}


def _voted(
    found: Mapping[str, list[Candidate]], share: float, right: Mapping[str, object]
) -> dict[str, dict[str, float]]:
    return {
        case: {
            report.report_id: part.value or 0.0
            for (report, _), part in zip(found[case], match_parts(found[case], share), strict=True)
        }
        for case in right
    }


def candidates_of(task: Participedia, routes: Routes) -> dict[str, list[Candidate]]:
    """The nearest linked cases of each case, as the ranker gets them."""
    contents = {
        number: ReportContent(
            report_id=case,
            version=1,
            partner="quality",
            report=NormalisedReport(
                title=case,
                sections=(),
                methods=tuple(Method(name=name) for name in sorted(task.links[case])),
            ),
        )
        for number, case in enumerate(task.cases)
        if case in task.links
    }
    found = {}
    for case, scores in zip(task.cases, routes.near[FUSED], strict=True):
        linked = (int(i) for i in np.argsort(-scores, kind="stable") if int(i) in contents)
        nearest = list(islice(linked, RANKED))
        found[case] = [
            (_found(contents[i].report_id, scores[i]), Record(contents[i])) for i in nearest
        ]
    return found


def _found(report_id: str, score: float) -> FoundReport:
    hit = PassageHit(UUID(int=0), float(score), None, {"report_id": report_id, "version": 1})
    return FoundReport(report_id, 1, (hit,))
