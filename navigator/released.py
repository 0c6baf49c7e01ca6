"""The schemas as they were released, and whether those of today keep their promises."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from libs.errors import InvalidInput
from libs.events.compatibility import Rule, breaks
from libs.events.schemas import SUFFIX, published_schemas

RELEASED = "released"

Schemas = dict[str, dict[str, Any]]


def released_schemas(folder: Path, against: str | None) -> Schemas:
    """The schemas to compare with, by file name: of a folder, a git revision, or the release.

    Raises InvalidInput where there are none.
    """
    place = Path(against) if against else folder / RELEASED
    found = _in_folder(place) if place.is_dir() else _in_git(folder, against or "")
    if not found:
        raise InvalidInput(
            f"There are no schemas in {against or place}. Name a folder or a git revision that "
            "has some, or run `navigator contracts release` first."
        )
    return found


def broken(before: Schemas) -> list[str]:
    """A line for each promise that the schemas of today break."""
    now = {published.name: published for published in published_schemas()}
    lines = [
        f"{_topic(name)}: {Rule.SCHEMA_REMOVED}" for name in sorted(before.keys() - now.keys())
    ]
    for name in sorted(before.keys() & now.keys()):
        found = breaks(before[name], now[name].schema, now[name].promises)
        lines += [
            f"{_topic(name)} {each.pointer or '/'}: {each.rule}, {each.detail}" for each in found
        ]
    return lines


def write_release(folder: Path) -> Iterator[Path]:
    """Replace what was released by the schemas of today; gives the files written."""
    place = folder / RELEASED
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob(f"*{SUFFIX}"):
        old.unlink()
    for published in published_schemas():
        path = place / published.name
        text = json.dumps(published.schema, ensure_ascii=False, indent=2) + "\n"
        path.write_text(text, encoding="utf-8")
        yield path


def _topic(name: str) -> str:
    return name.removesuffix(SUFFIX)


def _in_folder(place: Path) -> Schemas:
    return {path.name: json.loads(path.read_bytes()) for path in place.rglob(f"*{SUFFIX}")}


def _in_git(folder: Path, revision: str) -> Schemas:
    place = f"{revision}:./{folder / 'schemas'}"
    names = _git("ls-tree", "--name-only", place).split()
    return {name: json.loads(_git("show", f"{place}/{name}")) for name in names}


def _git(*arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    # A wrong revision is told by the caller, in our words.
    command = [git, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout if done.returncode == 0 else ""
