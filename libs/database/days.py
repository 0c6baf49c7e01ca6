"""The day of a moment, in UTC, the same on SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class utc_day(FunctionElement[str]):  # noqa: N801 - it is written like a function, as func.date is
    """Of a UtcDateTime column: its day as `YYYY-MM-DD`."""

    inherit_cache = True
    type = String(10)
    name = "utc_day"


@compiles(utc_day, "sqlite")
def _on_sqlite(element: utc_day, compiler: SQLCompiler, **more: Any) -> str:
    # UtcDateTime keeps every moment there as text in UTC.
    return f"date({compiler.process(element.clauses, **more)})"


@compiles(utc_day, "postgresql")
def _on_postgresql(element: utc_day, compiler: SQLCompiler, **more: Any) -> str:
    # Without the zone PostgreSQL would take the day of the server's own.
    return f"to_char({compiler.process(element.clauses, **more)} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
