"""Whether the votes for methods put better projects first, with the product's own ranking.

A case asks and the other cases are the projects; one is right when it used a method that is right
for the asking case. Cases without links are left out: they can never be right, so whatever sinks
them would look good. The demonstration corpus cannot tell this: no two of its reports name the
same method.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final
from uuid import UUID

import numpy as np

from libs.events.report import Method, NormalisedReport, ReportContent
from libs.vectors.port import PassageHit
from quality.measures import measured
from quality.method_routes import Routes
from quality.participedia import Participedia
from services.recommend.cards import FoundReport
from services.recommend.ranking.ranker import Candidate, match_parts
from services.recommend.record import Record

RANKED: Final = 30
SHARES: Final = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7)
Row = dict[str, Any]


def projects(task: Participedia, routes: Routes) -> Iterator[Row]:
    """Without votes, and with the share that is best on the tuning half; on the test half."""
    found = _candidates(task, routes)
    for head in (True, False):
        subject = f"projects: cases that used a right method, {'with' if head else 'without'} head"
        best = max(SHARES, key=lambda share: _row(task, found, share, test=False, head=head)[0])
        for share in dict.fromkeys((0.0, best, *SHARES)):
            _, row = _row(task, found, share, test=True, head=head)
            chosen = ", chosen on the other half" if share == best else ""
            yield {"name": f"fused, votes {share}{chosen}", "subject": subject} | row


def _candidates(task: Participedia, routes: Routes) -> dict[str, list[Candidate]]:
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
    for case, scores in zip(task.cases, routes.near["fused"], strict=True):
        linked = (int(i) for i in np.argsort(-scores, kind="stable") if int(i) in contents)
        nearest = list(islice(linked, RANKED))
        found[case] = [
            (_found(contents[i].report_id, scores[i]), Record(contents[i])) for i in nearest
        ]
    return found


def _found(report_id: str, score: float) -> FoundReport:
    hit = PassageHit(UUID(int=0), float(score), None, {"report_id": report_id, "version": 1})
    return FoundReport(report_id, 1, (hit,))


def _row(
    task: Participedia,
    found: dict[str, list[Candidate]],
    share: float,
    *,
    test: bool,
    head: bool,
) -> tuple[float, Row]:
    right = {
        case: {other for other, used in task.links.items() if other != case and used & methods}
        for case, methods in task.questions(test=test, head=head).items()
    }
    right = {case: others for case, others in right.items() if others}
    run = {
        case: {
            report.report_id: part.value or 0.0
            for (report, _), part in zip(found[case], match_parts(found[case], share), strict=True)
        }
        for case in right
    }
    row: Row = {"n": len(right)} | measured(run, right)
    return row["nDCG@10"], row
