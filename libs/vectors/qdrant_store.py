"""Collections of a Qdrant server; their roles are aliases, which change places at once."""

from dataclasses import fields

from qdrant_client import models

from libs.vectors.collections import Made, Notes, Roles
from libs.vectors.port import CollectionSpec, PassageIndex
from libs.vectors.qdrant import QdrantPassageIndex
from libs.vectors.qdrant_connection import QdrantConnection
from libs.vectors.qdrant_reports import reports_of
from libs.vectors.settings import VectorSettings


class QdrantStore:
    """The CollectionStore on a server, or in qdrant-client's memory for tests."""

    def __init__(self, settings: VectorSettings) -> None:
        self._base = settings.collection
        self._connection = QdrantConnection.open(settings)
        self._client = self._connection.client

    def roles(self) -> Roles:
        """See CollectionStore."""
        with self._connection.answering():
            aliases = self._client.get_aliases().aliases
        known = {each.alias_name: each.collection_name for each in aliases}
        return Roles(**{role: known.get(self._alias(role)) for role in _ROLES})

    def assign(self, roles: Roles) -> None:
        """See CollectionStore."""
        before = self.roles()
        changes: list[models.AliasOperations] = []
        for role in _ROLES:
            alias, name = self._alias(role), getattr(roles, role)
            if getattr(before, role) is not None:
                gone = models.DeleteAlias(alias_name=alias)
                changes.append(models.DeleteAliasOperation(delete_alias=gone))
            if name is not None:
                new = models.CreateAlias(alias_name=alias, collection_name=name)
                changes.append(models.CreateAliasOperation(create_alias=new))
        with self._connection.answering():
            self._client.update_collection_aliases(changes)

    def names(self) -> list[str]:
        """See CollectionStore."""
        with self._connection.answering():
            return sorted(each.name for each in self._client.get_collections().collections)

    def made(self, name: str) -> Made | None:
        """See CollectionStore."""
        with self._connection.answering():
            if not self._client.collection_exists(name):
                return None
            found = self._client.get_collection(name).config.metadata or {}
        if "model" not in found:
            return None
        return Made(CollectionSpec(found["model"], found["dimension"]), found.get("notes", {}))

    def open(self, name: str, spec: CollectionSpec, notes: Notes) -> PassageIndex:
        """See CollectionStore."""
        return QdrantPassageIndex.open(self._connection, name, spec, notes)

    def drop(self, name: str) -> None:
        """See CollectionStore."""
        with self._connection.answering():
            self._client.delete_collection(reports_of(name))
            self._client.delete_collection(name)

    def close(self) -> None:
        """See CollectionStore."""
        self._connection.close()

    def _alias(self, role: str) -> str:
        return f"{self._base}-{role}"


_ROLES = tuple(each.name for each in fields(Roles))
