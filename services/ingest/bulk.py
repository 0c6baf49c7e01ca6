"""Many reports in one request: each is handed over for itself and told of by itself."""

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import Final

from libs.errors import InvalidInput, NavigatorError, TooLarge, Unavailable
from libs.events.bulk import Answer, Problem
from libs.events.report import ReportSubmission
from libs.runtime.problems import problem_of
from services.ingest.intake import Intake
from services.ingest.submissions import read_model

_MOST_ERRORS: Final = 20


@dataclass(frozen=True, slots=True)
class InputLine:
    """One line without its end; no content where it was over the limit."""

    number: int
    content: bytes | None


async def lines(chunks: AsyncIterable[bytes], most: int) -> AsyncIterator[InputLine]:
    """The lines of a stream, each as soon as its end has come.

    No more is held than one piece and a line of `most` bytes; of a longer line only its end is
    looked for.
    """
    number = 1
    begun = bytearray()
    too_long = False
    async for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            too_long = too_long or len(begun) + len(part) > most
            yield InputLine(number, None if too_long else bytes(begun + part))
            begun.clear()
            too_long = False
            number += 1
        too_long = too_long or len(begun) + len(rest) > most
        if too_long:
            begun.clear()
        else:
            begun += rest
    if begun or too_long:
        yield InputLine(number, None if too_long else bytes(begun))


def read_line(line: InputLine, most: int) -> ReportSubmission:
    """The report of a line. Raises InvalidInput, TooLarge."""
    if line.content is None:
        raise TooLarge(
            f"The line is over {most} bytes. Send a shorter report, or ask the operators to raise "
            "NAVIGATOR_MAX_BODY_BYTES."
        )
    if not line.content.strip():
        raise InvalidInput("The line is blank. Each line is a report as a JSON object.")
    return read_model(ReportSubmission, line.content, pointer="")


def hand_over(intake: Intake, partner: str, report: ReportSubmission) -> Answer:
    """Hand over one of many, in a transaction of its own. Raises Unavailable."""
    receipt, created = intake.submit(partner, report)
    return Answer(
        status=202 if created else 200,
        report_id=receipt.report_id,
        version=receipt.version,
        external_id=receipt.external_id,
        location=f"/v1/reports/{receipt.report_id}",
    )


def refusal(error: NavigatorError) -> Answer:
    """What is told of one that was refused."""
    return Answer(status=error.status, problem=told(error))


def told(error: NavigatorError) -> Problem:
    """The error's problem document; of very many wrong fields the first."""
    document = problem_of(error)
    errors = document.get("errors")
    if isinstance(errors, list):
        document["errors"] = errors[:_MOST_ERRORS]
    return document


def take_line(intake: Intake, partner: str, line: InputLine, most: int) -> Answer:
    """Hand over the report of a line, or tell why it is refused."""
    try:
        answer = hand_over(intake, partner, read_line(line, most))
    except NavigatorError as error:
        answer = refusal(error)
    return answer.model_copy(update={"line": line.number})


def stops(answer: Answer) -> bool:
    """True where what comes behind would meet the same: the database is away."""
    return answer.status == Unavailable.status
