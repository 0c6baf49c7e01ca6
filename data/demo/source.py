"""Reads the demonstration reports' sources: YAML front matter, then Markdown."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Source:
    """One report: its file's stem, the format it is built in, its metadata and its body."""

    slug: str
    format: str
    metadata: dict[str, Any]
    body: str


def read_source(path: Path) -> Source:
    """Split a source file; dates come as ISO strings, as they stand in JSON."""
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    # The base loader's strings are kept for dates only; numbers and booleans are wanted.
    metadata = yaml.load(front, Loader=_DatesAsText)  # noqa: S506 - a subclass of SafeLoader
    return Source(path.stem, metadata.pop("format"), metadata, body.strip() + "\n")


class _DatesAsText(yaml.SafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012 - overrides the loader's own table
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
