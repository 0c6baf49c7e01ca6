"""A report by the name its partner has for it: the system it comes from and the id there."""

from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Path, Request

from libs.errors import FieldError, InvalidInput
from libs.events.report import Line, ReportMetadata, SourceName
from libs.runtime.paths import raw_path
from services.ingest.identity import report_id

M = TypeVar("M", bound=ReportMetadata)


@dataclass(frozen=True, slots=True)
class Name:
    """What a partner calls one of its reports."""

    source: str
    external_id: str

    def report_id(self, partner: str) -> str:
        """The id that the report has or would have."""
        return report_id(partner, self.external_id, "", self.source)

    def given_to(self, submission: M, pointer: str) -> M:
        """The submission under this name.

        Raises InvalidInput, with pointers that begin with `pointer`, where it says another one.
        """
        named = {"source": self.source, "external_id": self.external_id}
        errors = tuple(
            FieldError(f"{pointer}/{field}", f"The address says {value!r}")
            for field, value in named.items()
            if getattr(submission, field) not in {None, value}
        )
        if errors:
            raise InvalidInput(
                "The report has another name than its address. Leave the name out of the body, "
                "or send it to the address of its own.",
                errors=errors,
            )
        return submission.model_copy(update=named)


def _named(
    request: Request, source: Annotated[SourceName, Path()], external_id: Annotated[Line, Path()]
) -> Name:
    raw_path(request.scope)
    return Name(source, external_id)


Named = Annotated[Name, Depends(_named)]
