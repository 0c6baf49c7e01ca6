"""The data of each event. An event carries a claim check, never a report's text."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from libs.events.envelope import EventPayload
from libs.events.feedback import Verdict
from libs.events.labels import Labels
from libs.events.report import Rejection

Version = Annotated[int, Field(ge=1)]


class ReportSubmitted(EventPayload):
    """A report was handed over and is safely recorded; its document is still to be read."""

    TYPE: ClassVar[str] = "org.navigator.report.submitted"

    version: Version
    partner: str


class ReportAccepted(EventPayload):
    """A report version is normalised; its content waits behind `content_url`."""

    TYPE: ClassVar[str] = "org.navigator.report.accepted"

    version: Version
    partner: str
    digest: Annotated[
        str, Field(description="SHA-256 of what was handed over, with its documents; hexadecimal.")
    ]
    content_url: Annotated[str, Field(description="Path at the ingest service.")]


class ReportIndexed(EventPayload):
    """A report version can be found: its passages are in the collection."""

    TYPE: ClassVar[str] = "org.navigator.report.indexed"

    version: Version
    passages: Annotated[int, Field(ge=1)]
    model: str
    labels: Annotated[
        Labels | None, Field(description="What sorting found; nothing of it was given.")
    ] = None


class ReportRejected(EventPayload):
    """A report version will not be found, and why."""

    TYPE: ClassVar[str] = "org.navigator.report.rejected"

    version: Version
    stage: Literal["normalise", "index"]
    rejection: Rejection


class ReportWithdrawn(EventPayload):
    """A report was taken back by its partner; its passages have to go."""

    TYPE: ClassVar[str] = "org.navigator.report.withdrawn"

    version: Version


class ReportRemoved(EventPayload):
    """The passages of a withdrawn report, up to this version, are out of the collection."""

    TYPE: ClassVar[str] = "org.navigator.report.removed"

    version: Version


class FeedbackGiven(EventPayload):
    """Somebody has said what she makes of a recommended report. Her words stay in the record."""

    TYPE: ClassVar[str] = "org.navigator.feedback.given"

    version: Version
    feedback_id: str
    verdict: Verdict
    counted: Annotated[
        bool, Field(description="False for a partner's word on its own report: it has no weight.")
    ]
