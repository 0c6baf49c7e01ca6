"""What people are quoted with: a sentence of some length between quotation marks."""

import re
from collections.abc import Iterator
from typing import Final

from libs.events.labels import LabelKind
from libs.events.report import NormalisedReport
from services.embed.passages import Span
from services.embed.sorting.citation import Citation

# „…“ „…” “…” «…» »…« ”…” "…": never across a paragraph. Shorter ones are names and ironies. Where
# both marks are alike, the first stands behind a blank, or what is between two quotations is one.
_QUOTED: Final = re.compile(
    r"„(?=\w)([^„“”\n]{40,400})[“”]|“(?=\w)([^“”\n]{40,400})”|«(?=\w)([^«»\n]{40,400})»"
    r"|»(?=\w)([^«»\n]{40,400})«|(?<![^\s(])”(?=\w)([^”\n]{40,400})”"
    r"|(?<![^\s(])\"(?=\w)([^\"\n]{40,400})\""
)
_FEWEST_WORDS: Final = 7


def quotations(report: NormalisedReport) -> Iterator[Citation]:
    """The words between the marks."""
    for number, section in enumerate(report.sections):
        for match in _QUOTED.finditer(section.text):
            group = match.lastindex or 0
            if len(match[group].split()) >= _FEWEST_WORDS:
                yield Citation(LabelKind.QUOTATION, number, Span(*match.span(group)), 0.9)
