"""The collections of one installation: each of one model, and the parts that they play.

A collection is named by what its vectors were made with, so whoever has a question's vector and
the name of its model finds the collection that it fits, and can read no other by mistake.
"""

import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from libs.errors import Conflict
from libs.vectors.port import CollectionSpec, PassageIndex

Notes = Mapping[str, str]
"""What its maker has to know of a collection again after a restart."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Names of collections: the one that is read, the one being built, the one read before.

    `unchecked` is the one that is read, until it is seen that it holds what came in at the switch.
    """

    active: str | None = None
    building: str | None = None
    previous: str | None = None
    unchecked: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a collection was made with."""

    spec: CollectionSpec
    notes: Notes


class CollectionStore(Protocol):
    """Where collections are: a folder or a server. Raises Unavailable when it does not answer."""

    def roles(self) -> Roles:
        """The roles; all None at first."""

    def assign(self, roles: Roles) -> None:
        """Set all roles at once. Survives a power cut."""

    def names(self) -> list[str]:
        """All collections that are there, of other installations too."""

    def made(self, name: str) -> Made | None:
        """What a collection was made with, or None where there is none of the name."""

    def open(self, name: str, spec: CollectionSpec, notes: Notes) -> PassageIndex:
        """Open a collection; made first, with these notes, where there is none."""

    def drop(self, name: str) -> None:
        """Remove a collection that nobody here has open. Harmless where there is none."""

    def close(self) -> None:
        """Let go of the connections."""


@dataclass(frozen=True, slots=True)
class Collections:
    """Opens each collection once for all services of the process. May be used from any thread.

    `base` is the name that collections' names begin with, and the whole name of one that was made
    before they were named by their model.
    """

    store: CollectionStore
    base: str
    _opened: dict[str, PassageIndex] = field(default_factory=dict)
    _names: dict[CollectionSpec, str] = field(default_factory=dict)
    _opening: threading.Lock = field(default_factory=threading.Lock)

    def index(self, spec: CollectionSpec, notes: Notes | None = None) -> PassageIndex:
        """The collection of a model; made first, with the notes, where there is none.

        Raises Conflict if another process has the embedded engine's folder open.
        """
        name = self._names.get(spec, "")
        if (opened := self._opened.get(name)) is not None:
            # Without the lock: a question must not wait while another collection is opened.
            return opened
        with self._opening:
            name = self.name_of(spec)
            if name not in self._opened:
                self._opened[name] = self.store.open(name, spec, notes or {})
                self._names[spec] = name
            return self._opened[name]

    def name_of(self, spec: CollectionSpec) -> str:
        """The name of a model's collection, whether it is there or not."""
        before = self.store.made(self.base)
        if before is not None and before.spec == spec:
            return self.base
        digest = hashlib.sha256(f"{spec.model}\x00{spec.dimension}".encode()).hexdigest()
        return f"{self.base}-{digest[:12]}"

    def roles(self) -> Roles:
        """The roles as they are now, for all processes."""
        roles = self.store.roles()
        if roles.active is None and self.store.made(self.base) is not None:
            return replace(roles, active=self.base)
        return roles

    def assign(self, roles: Roles) -> None:
        """Set all roles at once, for all processes."""
        self.store.assign(roles)

    def made(self, name: str) -> Made:
        """What a collection was made with. Raises Conflict where it is not there any more."""
        found = self.store.made(name)
        if found is None:
            raise Conflict(
                f"The collection {name} is gone, though it is in use. Bring it back from a copy, "
                "or name another one (NAVIGATOR_COLLECTION), start, and run `navigator replay`.",
                code="collection-gone",
            )
        return found

    def left_over(self) -> dict[str, Made]:
        """Those of this installation that play no part, as a kill before a `drop` leaves them.

        None while nothing is read: the roles themselves may have been lost.
        """
        own = re.compile(rf"{re.escape(self.base)}-[0-9a-f]{{12}}")
        there = [name for name in self.store.names() if own.fullmatch(name)]
        # Read after the names: what was begun meanwhile is not among them.
        roles = self.roles()
        if roles.active is None:
            return {}
        named = {roles.active, roles.building, roles.previous}
        found = {name: self.store.made(name) for name in there if name not in named}
        return {name: made for name, made in found.items() if made is not None}

    def drop(self, name: str) -> None:
        """Close a collection and remove it."""
        with self._opening:
            for spec in [spec for spec, known in self._names.items() if known == name]:
                del self._names[spec]
            if (index := self._opened.pop(name, None)) is not None:
                index.close()
        self.store.drop(name)

    def close(self) -> None:
        """Close all collections."""
        with self._opening:
            for index in self._opened.values():
                index.close()
            self.store.close()
