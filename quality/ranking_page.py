"""The page that tells how challenges find methods."""

from collections.abc import Iterator
from typing import Any, Final

from quality.measures import MEASURES

# What a ranking has more nDCG@10 than another, and what only some tables tell.
GAINS: Final = (
    "over dense",
    "over BM25",
    "over similar cases",
    "over no votes",
    "over no likeness",
    "right methods",
    "more right methods",
    "two alike",
)
ABOUT: Final = (
    "Participedia's cases ask with title and description; right are the methods that its "
    "editors linked, without those whose title stands in the text. Fused is what the index does "
    "with both signals: a sum of similarity and saturated BM25 score, in which what is in another "
    "language than the question counts no less than her own does on average (ADR 35). Its "
    "constants were chosen on the other half of the questions of each table; so were how many "
    "cases vote, the votes' share in 'both' and what likeness counts. "
    "The halves reported here had been looked at when the fusion was chosen, but no constant was "
    "taken from them. An 'over' column is the gain in nDCG@10 with its 95 % interval (percentile "
    "bootstrap over the questions): only where all of it is above zero does one beat the other. "
    "Votes come from all other cases. The most linked methods make any ranking that knows them "
    "look good, so there is a table without them. Titles and words that ask for descriptions and "
    "sentences that ask for translations are real texts and not real needs; with translations what "
    "is right is never in the language asked in, which is the worst that words can meet. The "
    "demonstration corpus and its questions are synthetic: a language model wrote them. The "
    "measures are trec_eval's, through ir-measures."
)


def page(rows: list[dict[str, Any]], command: str) -> str:
    """The page as Markdown."""
    return "\n".join(("# Ranking", "", f"Written by `{command}`.", "", ABOUT, *_tables(rows), ""))


def _tables(rows: list[dict[str, Any]]) -> Iterator[str]:
    for subject in dict.fromkeys(row["subject"] for row in rows):
        some = [row for row in rows if row["subject"] == subject]
        yield from ("", f"## {subject[0].upper()}{subject[1:]}", "")
        gains = [name for name in GAINS if any(name in row for row in some)]
        yield f"| ranking | {' | '.join((*MEASURES, *gains))} | questions |"
        yield "|---|" + "---|" * (len(MEASURES) + len(gains) + 1)
        for row in some:
            numbers = [f"{row[name]:.3f}" for name in MEASURES]
            numbers += [told(row.get(name, "")) for name in gains]
            yield f"| {row['name']} | {' | '.join(numbers)} | {row['n']} |"


def told(value: object) -> str:
    """A cell."""
    return f"{value:.3f}" if isinstance(value, float) else str(value)
