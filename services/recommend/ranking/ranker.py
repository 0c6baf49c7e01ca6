"""Found reports in the order of their scores."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from libs.clock import Clock
from libs.events.ranking import PartName, Score, ScorePart
from services.recommend.cards import FoundReport
from services.recommend.ranking.methods import Voter, method_key, support, votes
from services.recommend.ranking.parts import Tellers
from services.recommend.ranking.scoring import freshness, score
from services.recommend.ranking.weights import Weights
from services.recommend.record import Record

Candidate = tuple[FoundReport, Record]
_SPARE: Final = 5


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its score."""

    found: FoundReport
    record: Record
    score: Score


@dataclass(frozen=True, slots=True)
class Ranker:
    """Orders candidates. `tellers` tell the parts that no question changes."""

    weights: Weights
    clock: Clock
    tellers: Tellers = field(default_factory=dict)

    @property
    def reorders(self) -> bool:
        """Whether anything counts beside how well a report's own passages answer."""
        counted = {name for name, weight in self.weights.weights.items() if weight}
        return counted != {PartName.MATCH} or self.weights.methods.share > 0

    @property
    def spare(self) -> int:
        """How many more than are shown are needed to take the places of those told twice."""
        return _SPARE if self.weights.diversity.relevance < 1 else 0

    def rank(self, candidates: Sequence[Candidate], asked: Tellers | None = None) -> list[Ranked]:
        """Best first; equal ones as they were found. `asked` tell parts for one question."""
        matches = match_parts(candidates, self.weights.methods.share)
        tellers = {**self.tellers, **(asked or {})}
        ranked = [
            Ranked(found, record, score(self._parts(match, record, tellers), self.weights))
            for (found, record), match in zip(candidates, matches, strict=True)
        ]
        return sorted(ranked, key=lambda each: -each.score.total)

    def _parts(
        self, match: ScorePart, record: Record, tellers: Tellers
    ) -> Mapping[PartName, ScorePart]:
        today = self.clock().date()
        half_life = self.weights.freshness.half_life_years
        fresh = freshness(record.content.report.period, today, half_life)
        told = {name: tell(record) for name, tell in tellers.items()}
        return {PartName.MATCH: match, PartName.FRESHNESS: fresh, **told}


def match_parts(candidates: Iterable[Candidate], share: float) -> list[ScorePart]:
    """How well each answers: its own passages, and `share` of what others say for its methods.

    Nobody gains or loses by naming a method that no other used, or none: there are no votes then.
    """
    voters = [_voter(found, record) for found, record in candidates]
    tally = votes(voters)
    most = max(tally.values(), default=0.0) or 1.0
    said = [support(voter, tally) / most for voter in voters]
    return [
        ScorePart(
            value=(1 - share) * voter.weight + share * others,
            code="passages-and-methods" if share and others else "passages",
        )
        for voter, others in zip(voters, said, strict=True)
    ]


def _voter(found: FoundReport, record: Record) -> Voter:
    methods = frozenset(method_key(method.name) for method in record.content.report.methods)
    return Voter(found.report_id, min(1.0, max(0.0, found.score)), methods)
