"""Choose and open the passage index that the settings mean."""

from typing import TYPE_CHECKING

from libs.vectors.settings import VectorSettings

if TYPE_CHECKING:
    from libs.vectors.port import CollectionSpec, PassageIndex


def open_index(settings: VectorSettings, spec: "CollectionSpec") -> "PassageIndex":
    """Open the collection, made first where there is none.

    Raises Conflict if it was made with another model or dimension, or if another process has the
    embedded engine's folder open; Unavailable if the server does not answer.
    """
    # The engines are imported here because the gateway reads these settings without having them.
    if settings.url:
        from libs.vectors.qdrant import QdrantPassageIndex  # noqa: PLC0415 (see above)

        key = settings.api_key.get_secret_value() if settings.api_key else None
        return QdrantPassageIndex.open(
            settings.url, settings.collection, spec, api_key=key, timeout=settings.timeout
        )
    from libs.vectors.edge import EdgePassageIndex  # noqa: PLC0415 (see above)

    return EdgePassageIndex.open(settings.path / settings.collection, spec)
