"""Projects near to a project."""

from collections.abc import Iterator

from libs.events.search import SimilarProject, SimilarProjects, SimilarQuery
from libs.vectors.port import PassageIndex, ReportHit
from services.recommend.filters import QUERY, checked_filter
from services.recommend.records import ReportRecords
from services.recommend.summaries import summary


def similar_projects(
    index: PassageIndex, records: ReportRecords, report_id: str, query: SimilarQuery
) -> SimilarProjects:
    """The nearest first. Raises NotFound for a report that is not in the collection."""
    where = checked_filter(index, query, place=QUERY)
    hits = index.similar_reports(report_id, where=where, limit=query.limit)
    return SimilarProjects(report_id=report_id, projects=tuple(_told(hits, records)))


def _told(hits: list[ReportHit], records: ReportRecords) -> Iterator[SimilarProject]:
    found = records.several([(hit.report_id, hit.version) for hit in hits])
    for hit in hits:
        # None of a report that was withdrawn this moment.
        if record := found.get((hit.report_id, hit.version)):
            yield SimilarProject(project=summary(record.content), similarity=hit.similarity)
