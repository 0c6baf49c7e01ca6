"""The page that tells how challenges find methods."""

from collections.abc import Iterator
from typing import Any

from quality.measures import MEASURES

ABOUT = (
    "Participedia's cases ask with title and description; right are the methods that its "
    "editors linked, without those whose title stands in the text. All rows are on one half of "
    "the cases. What was chosen (how many cases vote, the dense signal's share of the sum, the "
    "votes' share in 'both') is the best on the other half, but this half's numbers had been "
    "seen by then (ADR 25). Votes come from all other cases. Fused is what the index does with "
    "both signals (reciprocal ranks, the dense one five times as heavy); summed is the sum of "
    "both signals' standardised scores, which the index does not tell. The most linked methods "
    "make any ranking that knows them look good, so there is a table without them. The tables "
    "of projects have the product's own ranking, with more and more of the votes, on linked "
    "cases alone. The demonstration corpus and its questions are synthetic: a language model "
    "wrote them, and the index's fusion was chosen on these questions; it cannot tell what "
    "votes are worth, because no two of its reports name the same method. No interval was "
    "computed. The measures are trec_eval's, through ir-measures."
)


def page(rows: list[dict[str, Any]], command: str) -> str:
    """The page as Markdown."""
    return "\n".join(("# Ranking", "", f"Written by `{command}`.", "", ABOUT, *_tables(rows), ""))


def _tables(rows: list[dict[str, Any]]) -> Iterator[str]:
    for subject in dict.fromkeys(row["subject"] for row in rows):
        some = [row for row in rows if row["subject"] == subject]
        yield from ("", f"## {subject[0].upper()}{subject[1:]}", "")
        yield f"| ranking | {' | '.join(MEASURES)} | questions |"
        yield "|---|" + "---|" * (len(MEASURES) + 1)
        for row in some:
            numbers = " | ".join(f"{row[name]:.3f}" for name in MEASURES)
            yield f"| {row['name']} | {numbers} | {row['n']} |"
