"""How much one document may take, and how long a worker lives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """Seconds, megabytes of address space, and how the worker's life is bounded.

    `wall_s` counts everything, also waiting for text recognition; `cpu_s` the worker's own
    computing alone, so that a busy machine is not taken for a hostile file. After `documents`, or
    when one has made it larger than `kept_mb`, a worker gives way to a new one.
    """

    wall_s: float = 180.0
    cpu_s: int = 60
    memory_mb: int = 512
    documents: int = 200
    kept_mb: int = 200
    idle_s: float = 300.0
    ocr_languages: str = ""
