"""Every code that a report can be rejected with has words for its sender, in two languages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.errors import InvalidInput, TooLarge, UnsupportedFormat
from libs.events.report import Rejection
from services.embed.handlers import NO_PASSAGES
from services.ingest.rejections import internal_rejection, rejection_of

SERVICES = Path(__file__).resolve().parents[3] / "services"
# What runs when the document of an accepted report is read. What is wrong with a request itself
# is answered at once and never becomes a rejection.
READING = (
    *sorted((SERVICES / "ingest" / "parsing").rglob("*.py")),
    SERVICES / "ingest" / "normalisation.py",
    SERVICES / "ingest" / "handlers.py",
)
ERRORS = {kind.__name__: kind for kind in (InvalidInput, TooLarge, UnsupportedFormat)}
FALLBACK = rejection_of(InvalidInput("of no known kind", code="unknown-code"))


def codes_raised(path: Path) -> Iterator[tuple[str, str]]:
    """Each code that a file raises with its place; the class's own where it gives none."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id not in ERRORS:
            continue
        code = ERRORS[node.func.id].code
        for keyword in node.keywords:
            if keyword.arg == "code":
                code = ast.unparse(keyword.value).strip("'")
        if code not in PASSED_ON:
            yield f"{path.relative_to(SERVICES)}:{node.lineno}", code


# Codes that are not written where they are raised: a worker's answer, whose codes are found where
# the worker raises them, and the ways in which a worker ends.
PASSED_ON = {"answer.refusal.code", "died.code"}
ENDS = ("parse-timeout", "parse-memory", "parse-crash")
RAISED = [found for path in READING for found in codes_raised(path)]
RAISED += [(f"the end of a worker: {code}", code) for code in ENDS]


def told(rejection: Rejection) -> None:
    """Both reasons and the hint are sentences, and not the same ones."""
    texts = (rejection.reason_en, rejection.reason_sv, rejection.hint)
    assert len(set(texts)) == 3
    assert all(len(text) > 20 for text in texts)
    assert rejection.reason_en.endswith(".")
    assert rejection.reason_sv.endswith(".")


def test_codes_are_found() -> None:
    assert {"no-text", "encrypted", "too-large"} <= {code for _, code in RAISED}


@pytest.mark.parametrize(("place", "code"), RAISED, ids=[place for place, _ in RAISED])
def test_each_code_has_its_own_words(place: str, code: str) -> None:
    rejection = rejection_of(InvalidInput("what was seen", code=code))
    told(rejection)
    assert rejection.code == code
    assert rejection.reason_en != FALLBACK.reason_en, f"{place} raises {code} without words for it"
    assert "what was seen" in rejection.hint


def test_the_rejections_that_are_written_out_are_told_too() -> None:
    for rejection in (FALLBACK, NO_PASSAGES, internal_rejection(None), internal_rejection("ab")):
        told(rejection)
