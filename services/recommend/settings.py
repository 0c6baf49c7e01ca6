"""Recommend's own settings."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from libs.events.ranking import PartName


class RecommendSettings(BaseSettings):
    """Environment: `NAVIGATOR_RECOMMEND_…`."""

    model_config = SettingsConfigDict(
        env_prefix="NAVIGATOR_RECOMMEND_", frozen=True, extra="ignore"
    )

    candidates: Annotated[
        int, Field(ge=10, le=1_000, description="Passages retrieved for one question.")
    ] = 100
    ranked_reports: Annotated[
        int, Field(ge=10, le=200, description="Projects found first, which are then ranked.")
    ] = 30
    evidence_per_card: Annotated[
        int, Field(ge=1, le=10, description="Most quotations of one project.")
    ] = 3
    records_mb: Annotated[
        int,
        Field(
            ge=1,
            description="Megabytes of reports' records kept in memory: 2 KB of a report "
            "that is a title and a text, 40 KB of one with all fields.",
        ),
    ] = 100
    parts_off: Annotated[
        tuple[PartName, ...],
        Field(description='Parts of the ranking that do not count, as JSON: ["freshness"].'),
    ] = ()
    database_url: Annotated[
        str | None,
        Field(
            description="SQLAlchemy URL of feedback and unmet needs, in a database of its own. "
            "Default: SQLite."
        ),
    ] = None
    feedback_burst: Annotated[
        int, Field(ge=1, description="Verdicts that one caller may give at once.")
    ] = 20
    feedback_per_minute: Annotated[
        float, Field(gt=0, description="Verdicts that one caller may give in the long run.")
    ] = 10.0
    reasons_kept_days: Annotated[
        int, Field(ge=1, description="Days until a verdict's reason, if given, is forgotten.")
    ] = 730
    needs_kept_days: Annotated[
        int, Field(ge=1, description="Days until an unmet need, with its words, is forgotten.")
    ] = 730

    def sql_url(self, data_dir: Path) -> str:
        """The database's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{data_dir / 'recommend.db'}"
