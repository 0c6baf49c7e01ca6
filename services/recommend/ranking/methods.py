"""The second route: reports near to the question vote for the methods that they used.

On Participedia, whose editors linked cases and methods, this finds the right methods better than
the methods' own texts do (docs/ranking.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Voter:
    """A report near to the question: how near (0 or more), and the methods it used."""

    report_id: str
    weight: float
    methods: frozenset[str]


def votes(voters: Iterable[Voter]) -> dict[str, float]:
    """The sum of the weights of the reports that used each method."""
    found: dict[str, float] = {}
    for voter in voters:
        for method in voter.methods:
            found[method] = found.get(method, 0.0) + voter.weight
    return found


def support(voter: Voter, tally: Mapping[str, float]) -> float:
    """What other reports say for the best of a report's methods; 0 if they did not use any.

    Its own vote is taken out: a report is no witness for itself.
    """
    others = (tally.get(method, 0.0) - voter.weight for method in voter.methods)
    return max((0.0, *others))


def method_key(name: str) -> str:
    """A method's name as it is compared with others."""
    return " ".join(name.casefold().split())
