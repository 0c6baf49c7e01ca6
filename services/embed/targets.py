"""The collections that embed writes: the one that is read, and those that follow it.

While a new collection is built, and until it is confirmed, everything that comes in is written
to both, each with its own model, to the one that is read first. Which is read stands in the store
(`Roles`), so that all processes know; every question is answered with that one's model.
"""

import datetime as dt
import logging
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from libs.clock import Clock
from libs.errors import Conflict
from libs.events.envelope import EventPayload
from libs.events.payloads import ReportAccepted, ReportWithdrawn
from libs.events.reindex import ReindexRequest
from libs.vectors.collections import Collections, Made, Notes, Roles
from libs.vectors.port import CollectionSpec, PassageIndex
from libs.vectors.rules import check_spec
from services.embed.embedder import Embedder
from services.embed.handlers import EmbedHandlers
from services.embed.model_choice import as_made, chosen, is_set, recipe_of, with_recipe
from services.embed.settings import EmbedSettings

log = logging.getLogger(__name__)

OpenModel = Callable[[EmbedSettings], Embedder]
MakeHandlers = Callable[[Embedder, PassageIndex], EmbedHandlers]
# Reports written at once by the consumer and a re-index wait for each other in so many queues.
_QUEUES: Final = 64
_LEFT_OVER: Final = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Target:
    """One collection with the model that fills it."""

    name: str
    settings: EmbedSettings
    handlers: EmbedHandlers
    _locks: tuple[threading.Lock, ...] = field(
        default_factory=lambda: tuple(threading.Lock() for _ in range(_QUEUES)), compare=False
    )

    @property
    def embedder(self) -> Embedder:
        """The model."""
        return self.handlers.embedder

    @property
    def index(self) -> PassageIndex:
        """The collection."""
        return self.handlers.index

    def accept(self, event: ReportAccepted) -> list[EventPayload]:
        """See EmbedHandlers; one event of a report after the other."""
        with self._lock(event.report_id):
            return self.handlers.on_report_accepted(event)

    def withdraw(self, event: ReportWithdrawn) -> list[EventPayload]:
        """See EmbedHandlers; one event of a report after the other."""
        with self._lock(event.report_id):
            return self.handlers.on_report_withdrawn(event)

    def _lock(self, report_id: str) -> threading.Lock:
        return self._locks[hash(report_id) % _QUEUES]


@dataclass(frozen=True, slots=True)
class Parts:
    """The targets by the part that they play, at one moment.

    While `unchecked`, the one that is read may lack what came in when it was switched to.
    """

    active: Target
    building: Target | None = None
    previous: Target | None = None
    unchecked: bool = False

    @property
    def followers(self) -> tuple[Target, ...]:
        """What is written beside the one that is read."""
        return tuple(each for each in (self.building, self.previous) if each is not None)


class Targets:
    """Opens the targets, and changes their parts. May be used from any thread."""

    def __init__(
        self,
        collections: Collections,
        settings: EmbedSettings,
        open_model: OpenModel,
        handlers: MakeHandlers,
        clock: Clock,
        *,
        earlier: Collection[str] = (),
    ) -> None:
        """Open the collection that is read; made with the settings' model where there is none.

        `earlier` names the language means that releases before had as theirs.

        Raises Conflict if it was made with another model than the settings mean, unless a
        re-index made it in place of the one they mean.
        """
        self._collections = collections
        self._settings = settings
        self._open_model = open_model
        self._handlers = handlers
        self._clock = clock
        self._earlier = earlier
        self._changing = threading.Lock()
        self._opened: dict[str, Target] = {}
        self._parts = Parts(self._first())
        self._tidy()

    @property
    def parts(self) -> Parts:
        """The parts as they are now."""
        return self._parts

    def notes(self, target: Target) -> Notes:
        """What was noted when a collection was made. Raises Conflict once it was removed."""
        return self._collections.made(target.name).notes

    def roles(self) -> tuple[Roles, dict[str, Made]]:
        """The roles as all processes have them, opened here or not, and what they were made with.

        Raises Unavailable when the store is away.
        """
        roles = self._collections.roles()
        if roles.active is None:
            roles = replace(roles, active=self._parts.active.name)
        names = (roles.active, roles.building, roles.previous)
        return roles, {name: self._collections.made(name) for name in names if name is not None}

    def refresh(self) -> Parts:
        """Open and close what the roles say, which another process may have changed.

        Raises Unavailable when a model or the store is away; what was open stays open.
        """
        with self._changing:
            return self._take(self._collections.roles())

    def begin(self, request: ReindexRequest) -> Parts:
        """Make a new collection. Harmless where the same is being built already.

        Raises Conflict if one is being built or not confirmed, or if the model is the one that
        is read; what opening the model raises.
        """
        with self._changing:
            roles = self._collections.roles()
            wanted = chosen(self._settings, request)
            if roles.building is not None:
                # It may not be open here: by what was noted of it.
                recipe = self._collections.made(roles.building).notes.get("recipe")
                if recipe is not None and is_set(wanted, recipe):
                    return self._take(roles)
                raise Conflict("Another collection is being built: `navigator reindex cancel`.")
            if roles.previous is not None:
                raise Conflict(
                    "The collection before this one is still kept: `navigator reindex confirm` "
                    "removes it, `navigator reindex rollback` goes back to it."
                )
            return self._begin(wanted, roles, hold=request.hold)

    def switch(self, complete: str | None) -> Parts:
        """Read the new collection from now on, and keep the old one.

        `complete` is when the one was started that holds all reports, as noted of it. Raises
        Conflict if that is not the one that is being built, which may be another by now.
        """
        with self._changing:
            roles = self._collections.roles()
            if roles.building is None:
                raise Conflict("No collection is being built: `navigator reindex --model …`.")
            begun = started_at(self._collections.made(roles.building).notes)
            if complete is None or begun != complete:
                raise Conflict(
                    "The new collection does not hold all reports yet, as far as this process has "
                    "seen: see `navigator reindex status`."
                )
            return self._assign(Roles(roles.building, None, roles.active, roles.building))

    def rollback(self) -> Parts:
        """Read the collection before again. The other is kept, and can be gone back to in turn."""
        with self._changing:
            roles = self._collections.roles()
            if roles.previous is None:
                raise Conflict("There is no collection to go back to.")
            return self._assign(Roles(roles.previous, None, roles.active, roles.previous))

    def confirm(self) -> Parts:
        """Remove the collection that is not read any more."""
        with self._changing:
            roles = self._collections.roles()
            if roles.previous is None:
                raise Conflict("There is nothing to confirm.")
            return self._remove(roles.previous, replace(roles, previous=None))

    def cancel(self) -> Parts:
        """Give up the collection that is being built."""
        with self._changing:
            roles = self._collections.roles()
            if roles.building is None:
                raise Conflict("No collection is being built.")
            return self._remove(roles.building, replace(roles, building=None))

    def checked(self, targets: Iterable[Target]) -> Parts:
        """Note that these hold all that came in before a switch, and at it."""
        with self._changing:
            roles = self._collections.roles()
            if roles.unchecked in {each.name for each in targets}:
                roles = replace(roles, unchecked=None)
                self._collections.assign(roles)
            return self._take(roles)

    def close(self) -> None:
        """Let go of the models; the collections are the platform's."""
        for target in self._opened.values():
            target.embedder.close()

    def _first(self) -> Target:
        roles = self._collections.roles()
        if roles.active is None:
            target = self._put(self._settings, {"recipe": recipe_of(self._settings)})
            self._collections.assign(replace(roles, active=target.name))
            return target
        made = self._collections.made(roles.active)
        # The model before the re-index, or after a rollback the one that it was for.
        others = [made.notes.get("replaces")]
        if roles.previous is not None:
            others.append(self._collections.made(roles.previous).notes.get("recipe"))
        own = made.notes.get("recipe")
        if not (own and is_set(self._settings, own)) and any(
            other is not None and is_set(self._settings, other) for other in others
        ):
            log.warning(
                "the settings name another model than the re-index left in use; set that one",
                extra={"model": made.spec.model},
            )
            return self._target(roles.active)
        settings = as_made(self._settings, made.spec.model, self._earlier)
        if settings != self._settings:
            log.warning(
                "the collection is read with an earlier release's language means; "
                "`navigator reindex --correction means` brings this one's",
                extra={"model": made.spec.model},
            )
        # Compared before anything is made: nobody asked for a collection of another model.
        return self._put(settings, None, expected=made.spec)

    def _tidy(self) -> None:
        """Remove what a kill between taking a collection's part and removing it has left."""
        for name, made in self._collections.left_over().items():
            begun = started_at(made.notes)
            # Another process may be about to give one its part.
            if begun is None or self._clock() - dt.datetime.fromisoformat(begun) > _LEFT_OVER:
                log.warning("a collection that was given up is removed", extra={"collection": name})
                self._collections.drop(name)

    def _target(self, name: str) -> Target:
        """A collection that is there, with the model that it was made with."""
        if name not in self._opened:
            made = self._collections.made(name)
            recipe = made.notes.get("recipe") or self._recipe_before(name)
            settings = with_recipe(self._settings, recipe) if recipe else self._settings
            settings = as_made(settings, made.spec.model, self._earlier)
            self._put(settings, None, expected=made.spec)
        return self._opened[name]

    def _recipe_before(self, name: str) -> str | None:
        """For a collection from before recipes were kept: what the one after it says."""
        roles = self._collections.roles()
        for other in (roles.active, roles.building, roles.previous):
            if other not in {None, name}:
                return self._collections.made(str(other)).notes.get("before")
        return None

    def _put(
        self,
        settings: EmbedSettings,
        notes: Notes | None,
        *,
        expected: CollectionSpec | None = None,
        unlike: str | None = None,
    ) -> Target:
        """Open a model and its collection, which is to be the expected one, or another one."""
        embedder = self._open_model(settings)
        try:
            spec = CollectionSpec(embedder.model, embedder.dimension)
            name = self._collections.name_of(spec)
            if expected is not None:
                check_spec(expected, spec, name)
            if unlike is not None:
                _check_other(name, unlike, spec)
                # What may be left of one that was given up.
                self._collections.drop(name)
            index = self._collections.index(spec, notes)
        except BaseException:
            embedder.close()
            raise
        self._opened[name] = Target(name, settings, self._handlers(embedder, index))
        return self._opened[name]

    def _begin(self, settings: EmbedSettings, roles: Roles, *, hold: bool) -> Parts:
        notes = {
            "recipe": recipe_of(settings),
            "before": recipe_of(self._parts.active.settings),
            "replaces": recipe_of(self._settings),
            "started_at": self._clock().isoformat(),
            "hold": "yes" if hold else "",
        }
        target = self._put(settings, notes, unlike=roles.active)
        roles = replace(roles, building=target.name)
        self._collections.assign(roles)
        return self._take(roles)

    def _assign(self, roles: Roles) -> Parts:
        # Opened before anybody is told to read it.
        self._take(self._collections.roles())
        self._collections.assign(roles)
        return self._take(roles)

    def _remove(self, name: str, roles: Roles) -> Parts:
        self._collections.assign(roles)
        parts = self._take(roles)
        self._collections.drop(name)
        return parts

    def _take(self, roles: Roles) -> Parts:
        def named(name: str | None) -> Target | None:
            return self._target(name) if name is not None else None

        active = named(roles.active) or self._parts.active
        building, previous = named(roles.building), named(roles.previous)
        self._parts = Parts(active, building, previous, roles.unchecked == active.name)
        for name in self._opened.keys() - {active.name, roles.building, roles.previous}:
            self._opened.pop(name).embedder.close()
        return self._parts


def started_at(notes: Notes) -> str | None:
    """When a collection was begun: tells it from another of the same model, and name."""
    return notes.get("started_at")


def _check_other(name: str, active: str, spec: CollectionSpec) -> None:
    if name == active:
        raise Conflict(
            f"The collection that is read was made with {spec.model} already. To fill what is "
            "missing in it, run `navigator replay`."
        )
