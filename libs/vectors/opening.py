"""Choose and open the collections that the settings mean."""

from libs.vectors.collections import Collections, CollectionStore
from libs.vectors.settings import VectorSettings


def open_collections(settings: VectorSettings) -> Collections:
    """The collections of the embedded engine, or of a server. None of them is opened yet."""
    return Collections(_store(settings), settings.collection)


def _store(settings: VectorSettings) -> CollectionStore:
    # A process has one of the two.
    if settings.url:
        from libs.vectors.qdrant_store import QdrantStore  # noqa: PLC0415 (see above)

        return QdrantStore(settings)
    from libs.vectors.edge_store import EdgeStore  # noqa: PLC0415 (see above)

    return EdgeStore(settings.path, settings.collection)
