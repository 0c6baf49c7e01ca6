"""Which engine embeds: the settings say."""

from pathlib import Path

from services.embed.bulk import WithBulkWorker
from services.embed.conversion import prepare_model
from services.embed.embedder import Embedder
from services.embed.embeddings_client import EmbeddingsClient
from services.embed.encoder_folder import bundled_encoder, find_encoder
from services.embed.openvino_embedder import OpenVinoEmbedder
from services.embed.prefixes import E5, Prefixes, usual_prefixes
from services.embed.remote_embedder import RemoteEmbedder
from services.embed.settings import EmbedSettings
from services.embed.transformers_embedder import TransformersEmbedder, check_installed


def open_embedder(settings: EmbedSettings, models_dir: Path) -> Embedder:
    """The embedder that the settings mean, without any correction; what it makes is kept there.

    Two may be open beside each other. Raises InvalidInput for settings that fit nothing, and
    Unavailable where the model or what runs it is missing; both say which setting mends it.
    """
    match settings.engine:
        case "openvino":
            return _openvino(settings, models_dir)
        case "transformers":
            return _transformers(settings, models_dir)
        case "remote":
            return _remote(settings)


def _openvino(settings: EmbedSettings, models_dir: Path) -> Embedder:
    source = Path(settings.model) if settings.model else None
    # A named file in a folder of its own, so that it does not take the default's place.
    folder = models_dir / source.stem if source else models_dir
    prefixes = _chosen(E5, settings)
    engine = OpenVinoEmbedder(prepare_model(folder, source), prefixes=prefixes)
    return WithBulkWorker(engine, folder, source=source, prefixes=prefixes)


def _transformers(settings: EmbedSettings, models_dir: Path) -> Embedder:
    check_installed()
    encoder = (
        bundled_encoder(models_dir)
        if settings.model is None
        else find_encoder(settings.model, models_dir / "hub", download=settings.allow_download)
    )
    return TransformersEmbedder(encoder, prefixes=_chosen(encoder.prefixes, settings))


def _remote(settings: EmbedSettings) -> Embedder:
    key = settings.remote_key
    client = EmbeddingsClient(
        settings.remote_url or "",
        settings.model or "",
        key.get_secret_value() if key else None,
        send_input_type=settings.remote_input_type,
    )
    own = Prefixes() if settings.remote_input_type else usual_prefixes(settings.model or "")
    return RemoteEmbedder(
        client,
        prefixes=_chosen(own, settings),
        batch=settings.remote_batch,
        max_tokens=settings.remote_max_tokens,
    )


def _chosen(own: Prefixes, settings: EmbedSettings) -> Prefixes:
    return own.or_else(settings.query_prefix, settings.passage_prefix)
