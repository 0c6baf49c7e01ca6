"""Organisations that have met a challenge, and whom to call there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from libs.events.report import Organisation
from libs.events.search import Experience, Peer, Peers, PeersRequest
from libs.telemetry.propagation import current_trace_id
from services.recommend.cards import FoundReport, evidence, group
from services.recommend.passage_search import PassageSearch
from services.recommend.records import ReportRecords
from services.recommend.summaries import summary

MOST_PROJECTS: Final = 5


@dataclass(frozen=True, slots=True)
class PeerFinder:
    """Finds them. `candidates` passages are looked at. Raises what PassageSearch raises."""

    search: PassageSearch
    records: ReportRecords
    candidates: int

    def find(self, request: PeersRequest) -> Peers:
        """The organisations whose projects are nearest to the challenge; none if none is close."""
        found = self.search.retrieve(
            request.challenge, request.language, request.filters, limit=self.candidates
        )
        reports = [] if found.nothing_close else group(found.hits)
        return Peers(
            challenge=request.challenge,
            peers=tuple(self._peers(reports, request.limit)),
            nothing_close=found.nothing_close,
            model=found.model,
            trace_id=current_trace_id(),
        )

    def _peers(self, reports: Sequence[FoundReport], limit: int) -> list[Peer]:
        by_name: dict[str, tuple[Organisation, list[Experience]]] = {}
        records = self.records.several([found.key for found in reports])
        for found in reports:
            record = records.get(found.key)
            lead = record.content.report.lead_organisation if record else None
            if record is None or lead is None:
                continue
            content = record.content
            key = _key(lead)
            if key not in by_name and len(by_name) == limit:
                continue
            _, projects = by_name.setdefault(key, (lead, []))
            if len(projects) < MOST_PROJECTS:
                quoted = evidence(found, found.hits[0], content.documents)
                projects.append(
                    Experience(
                        project=summary(content),
                        contacts=content.report.contacts,
                        score=found.score,
                        evidence=quoted,
                    )
                )
        # In order of their best project, for reports come best first.
        return [
            Peer(organisation=lead, experience=tuple(projects))
            for lead, projects in by_name.values()
        ]


def _key(organisation: Organisation) -> str:
    """One organisation, however its reports space its name; another country's is another."""
    name = " ".join(organisation.name.split()).casefold()
    return f"{organisation.country}\x00{name}"
