"""Collections of the embedded engine: a folder for each, and a small file with their roles."""

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path

from libs.vectors import rules
from libs.vectors.collections import Made, Notes, Roles
from libs.vectors.edge import EdgePassageIndex
from libs.vectors.port import CollectionSpec, PassageIndex


class EdgeStore:
    """The CollectionStore in a folder of one process."""

    def __init__(self, folder: Path, base: str) -> None:
        self._folder = folder
        self._file = folder / f"{base}.roles.json"

    def roles(self) -> Roles:
        """See CollectionStore. What was removed by hand plays no part, as on a server."""
        if not self._file.exists():
            return Roles()
        known: dict[str, str | None] = json.loads(self._file.read_text("utf-8"))
        return Roles(
            **{role: name if self._is_there(name) else None for role, name in known.items()}
        )

    def assign(self, roles: Roles) -> None:
        """See CollectionStore. The file is replaced whole, so that no crash leaves half of it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as writer:
            # Without the empty ones: a release before does not know each role.
            json.dump({role: name for role, name in asdict(roles).items() if name}, writer)
            writer.flush()
            os.fsync(writer.fileno())
        draft.rename(self._file)

    def names(self) -> list[str]:
        """See CollectionStore."""
        return sorted(spec.parent.name for spec in self._folder.glob(f"*/{rules.SPEC_FILE}"))

    def made(self, name: str) -> Made | None:
        """See CollectionStore."""
        place = self._folder / name
        try:
            spec = json.loads((place / rules.SPEC_FILE).read_text("utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        notes = place / rules.NOTES_FILE
        return Made(
            CollectionSpec(**spec),
            json.loads(notes.read_text("utf-8")) if notes.exists() else {},
        )

    def open(self, name: str, spec: CollectionSpec, notes: Notes) -> PassageIndex:
        """See CollectionStore."""
        return EdgePassageIndex.open(self._folder / name, spec, notes)

    def drop(self, name: str) -> None:
        """See CollectionStore."""
        place = self._folder / name
        if place.exists():
            # Moved first: what a crash leaves of it is no collection.
            away = place.with_name(f".{name}-dropped")
            shutil.rmtree(away, ignore_errors=True)
            place.rename(away)
            shutil.rmtree(away)

    def _is_there(self, name: str | None) -> bool:
        return name is not None and (self._folder / name / rules.SPEC_FILE).exists()

    def close(self) -> None:
        """Nothing to let go of."""
