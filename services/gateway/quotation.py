"""Finding a quotation again in its report, from the link that recommend made for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from libs.events.report import ReportContent

_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Quotation:
    """Characters `start` up to `end` in the text of section number `section`, from 0."""

    section: int
    start: int
    end: int

    def split(self, text: str) -> tuple[str, str, str]:
        """The text before the quotation, the quotation, and the text after it."""
        return text[: self.start], text[self.start : self.end], text[self.end :]


def quotation(query: Mapping[str, str], content: ReportContent) -> Quotation | None:
    """The quotation that a link points at; None when nothing stands there."""
    numbers = [query.get(name, "") for name in ("section", "start", "end")]
    if not all(map(_NUMBER.fullmatch, numbers)):
        return None
    section, start, end = map(int, numbers)
    sections = content.report.sections
    if section >= len(sections) or not start < end <= len(sections[section].text):
        return None
    return Quotation(section, start, end)


def changed_since(query: Mapping[str, str], content: ReportContent) -> bool:
    """True when a link points into another version, where other words stand at its place."""
    return query.get("version", str(content.version)) != str(content.version)
