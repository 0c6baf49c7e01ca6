"""Why a report is not taken in, in words its sender can act on, in English and Swedish."""

from dataclasses import dataclass

from libs.errors import InvalidInput
from libs.events.report import Rejection


class DocumentRefused(InvalidInput):
    """One of a report's several documents cannot be taken in: why, and which one."""

    def __init__(self, filename: str, why: InvalidInput) -> None:
        super().__init__(why.detail, code=why.code)
        self.filename = filename


@dataclass(frozen=True, slots=True)
class _Wording:
    en: str
    sv: str
    hint: str


_WORDINGS = {
    "no-text-layer": _Wording(
        en="The PDF holds only pictures of pages and no text.",
        sv="PDF-filen innehåller bara bilder av sidor och ingen text.",
        hint="Export the PDF from the original document, or run text recognition on it first.",
    ),
    "encrypted": _Wording(
        en="The document is protected by a password.",
        sv="Dokumentet är skyddat med lösenord.",
        hint="Save a copy without a password and send that.",
    ),
    "no-text": _Wording(
        en="No text was found in the document.",
        sv="Ingen text hittades i dokumentet.",
        hint="Check that the file opens and holds text, then send it again.",
    ),
    "unreadable-document": _Wording(
        en="The document cannot be read; it seems to be damaged.",
        sv="Dokumentet går inte att läsa; det verkar vara skadat.",
        hint="Open it, save it anew and send it again.",
    ),
    "parse-timeout": _Wording(
        en="Reading the document takes too long.",
        sv="Det tar för lång tid att läsa dokumentet.",
        hint="Send the report in parts, or without its annexes.",
    ),
    "parse-memory": _Wording(
        en="Reading the document takes too much memory.",
        sv="Det krävs för mycket minne för att läsa dokumentet.",
        hint="Send the report in parts, or without its pictures and annexes.",
    ),
    "parse-crash": _Wording(
        en="The document cannot be read; the program that reads it breaks down.",
        sv="Dokumentet går inte att läsa; programmet som läser det slutar fungera.",
        hint="Open it, save it anew and send it again.",
    ),
    "text-recognition-failed": _Wording(
        en="The text on the document's scanned pages could not be recognised.",
        sv="Texten på dokumentets inskannade sidor gick inte att tolka.",
        hint="Export the PDF from the original document, or run text recognition on it first.",
    ),
    "too-large": _Wording(
        en="The document is larger than can be read.",
        sv="Dokumentet är större än vad som kan läsas.",
        hint="Send the report in parts, or without its annexes.",
    ),
    "unsupported-format": _Wording(
        en="The document's format is not read here.",
        sv="Dokumentets format kan inte läsas här.",
        hint="Send PDF, DOCX, HTML, Markdown, plain text or JSON.",
    ),
}
INTERNAL = "internal"
_OTHER = _Wording(
    en="The report could not be taken in.",
    sv="Rapporten kunde inte tas emot.",
    hint="See the code, correct the report and send it again.",
)


def internal_rejection(trace_id: str | None) -> Rejection:
    """The rejection of a report that we could not get through, for a reason of ours."""
    told = f"the trace id {trace_id}" if trace_id else "the report's id"
    return Rejection(
        code=INTERNAL,
        reason_en="The report could not be taken in because of a fault here, not in the report.",
        reason_sv="Rapporten kunde inte tas emot på grund av ett fel hos oss, inte i rapporten.",
        hint=f"Tell the operators {told}, and send the report again once they have mended it.",
    )


def rejection_of(error: InvalidInput) -> Rejection:
    """The rejection for an error found while reading a report."""
    words = _WORDINGS.get(error.code, _OTHER)
    which = f"{error.filename}: " if isinstance(error, DocumentRefused) else ""
    return Rejection(
        code=error.code,
        reason_en=which + words.en,
        reason_sv=which + words.sv,
        hint=f"{words.hint} ({error.detail})",
    )
