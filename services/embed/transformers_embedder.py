"""The embedder for GPUs, and for any encoder: `transformers` on torch."""

import importlib
import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from libs.errors import InvalidInput, Unavailable
from services.embed.embedder import Vectors
from services.embed.encoder_folder import Encoder
from services.embed.openvino_embedder import BATCH_TOKENS, batches
from services.embed.prefixes import Prefixes
from services.embed.tokenizer import readable

# A GPU is idle with what fills a CPU: 128 passages of 128 tokens.
GPU_BATCH_TOKENS: Final = 16_384
STEP: Final = 8
# What tokenizers give as their longest text when they do not know.
NO_LIMIT: Final = 1_000_000
FEWEST_TOKENS: Final = 16


def check_installed() -> None:
    """Raise Unavailable where the extra `transformers` is not installed."""
    for package in ("torch", "transformers", "safetensors"):
        if importlib.util.find_spec(package) is None:
            raise Unavailable(
                f"NAVIGATOR_EMBED_ENGINE=transformers needs the package {package}: install the "
                "extra 'transformers', or use the image embed-gpu",
                code="engine-missing",
            )


class TransformersEmbedder:
    """Implements the Embedder port. Any number of threads may call.

    Vectors are of unit length whatever the model's own files say, for the index compares angles.
    """

    def __init__(self, encoder: Encoder, *, prefixes: Prefixes) -> None:
        """Load the model onto the GPU if there is one, in bf16 where the hardware has that.

        Raises Unavailable where it cannot be loaded, InvalidInput where it is no encoder.
        """
        self._encoder = encoder
        self._prefixes = prefixes
        torch = importlib.import_module("torch")
        transformers = importlib.import_module("transformers")
        self._torch = torch
        self._device = _device(torch)
        self._network, tokenizer = _load(transformers, encoder, _precision(torch, self._device))
        with self._memory():
            self._network = self._network.to(self._device).eval()
        self._tokenizer = _Tokenizer(tokenizer)
        self._max_tokens = _max_tokens(encoder, tokenizer, self._network.config)
        self._dimension: int = self._run([self._tokenizer.encode(["navigator"])[0]]).shape[1]

    @property
    def model(self) -> str:
        """See Embedder."""
        return self._prefixes.space(self._encoder.name)

    @property
    def dimension(self) -> int:
        """See Embedder."""
        return self._dimension

    @property
    def max_tokens(self) -> int:
        """See Embedder."""
        return self._max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See Embedder."""
        markers = self._tokenizer.markers
        return [len(ids) - markers for ids in self._tokenizer.encode(texts)]

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """See Embedder. Runs beside bulk; torch shares cores and GPU out between them."""
        return self._embed(self._prefixes.query, texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return self._embed(self._prefixes.passage, texts)

    def close(self) -> None:
        """See Embedder. A call that is under way ends as it would have."""
        self._network = None

    def _embed(self, prefix: str, texts: Sequence[str]) -> Vectors:
        ids = [
            self._tokenizer.cut(row, self._max_tokens)
            for row in self._tokenizer.encode([prefix + text for text in texts])
        ]
        vectors = np.empty((len(ids), self._dimension), np.float32)
        budget = BATCH_TOKENS if self._device.type == "cpu" else GPU_BATCH_TOKENS
        for rows in batches([len(row) for row in ids], step=STEP, budget=budget):
            vectors[rows] = self._run([ids[row] for row in rows])
        return vectors

    @contextmanager
    def _memory(self) -> Iterator[None]:
        try:
            yield
        except self._torch.OutOfMemoryError as error:
            # Another process may have it, or a second model during a re-index.
            raise Unavailable(
                f"the memory of the device {self._device} is full; end what else runs there, or "
                "use a smaller model",
                code="device-memory-full",
            ) from error

    def _run(self, rows: list[list[int]]) -> Vectors:
        """Unit vectors of rows of ids, shape (len(rows), dimension)."""
        torch, network = self._torch, self._network
        if network is None:
            raise Unavailable("the embedder is closed; ask a service that is running")
        width = max(map(len, rows))
        pad = self._tokenizer.pad
        ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
        real = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        with self._memory(), torch.inference_mode():
            ids, real = ids.to(self._device), real.to(self._device)
            state = network(input_ids=ids, attention_mask=real).last_hidden_state.float()
            if self._encoder.pooling == "cls":
                pooled = state[:, 0]
            else:
                pooled = (state * real.unsqueeze(-1)).sum(1) / real.sum(1, keepdim=True)
            unit: Vectors = torch.nn.functional.normalize(pooled, dim=1).cpu().numpy()
        return unit


class _Tokenizer:
    """The Rust tokenizer beneath transformers' own.

    Theirs changes its settings at each call, which fails when two threads do it at once.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._rust = tokenizer.backend_tokenizer
        self._rust.no_padding()
        self._rust.no_truncation()
        # A report that contains "</s>" is read letter by letter.
        self._rust.encode_special_tokens = True
        self.pad: int = tokenizer.pad_token_id or 0
        plain = self._rust.encode("a", add_special_tokens=False).ids
        whole = self._rust.encode("a").ids
        self.markers = len(whole) - len(plain)
        # Markers that stand at the end; a text that is cut keeps them.
        begins = whole.index(plain[0]) if plain else 0
        self._closing = len(whole) - begins - len(plain)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text, with markers."""
        plain = [readable(text).decode() for text in texts]
        return [row.ids for row in self._rust.encode_batch(plain)]

    def cut(self, ids: list[int], limit: int) -> list[int]:
        """The ids, less those before the closing markers that are over the limit."""
        if len(ids) <= limit:
            return ids
        closing = ids[len(ids) - self._closing :]
        return ids[: limit - len(closing)] + closing


def _device(torch: Any) -> Any:
    if torch.accelerator.is_available():
        return torch.accelerator.current_accelerator()
    return torch.device("cpu")


def _precision(torch: Any, device: Any) -> Any:
    """bf16 where the hardware multiplies in it: twice as fast, and the same to the third digit."""
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        fast = device.type == "cpu" and torch.cpu.get_capabilities().get("avx512_bf16", False)
    return torch.bfloat16 if fast else torch.float32


def _load(transformers: Any, encoder: Encoder, precision: Any) -> tuple[Any, Any]:
    # It draws progress bars, and tells of a pooler that these models lack and nobody runs.
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    damaged = importlib.import_module("safetensors").SafetensorError
    only_this = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(encoder.folder, **only_this)
        network = transformers.AutoModel.from_pretrained(
            encoder.folder, dtype=precision, use_safetensors=True, **only_this
        )
    except (OSError, ValueError, ImportError, RuntimeError, damaged) as error:
        raise Unavailable(
            f"transformers cannot load the encoder in {encoder.folder} ({error}); mend the folder, "
            "or set NAVIGATOR_EMBED_MODEL to another",
            code="model-unreadable",
        ) from error
    if getattr(network.config, "is_decoder", False) or not hasattr(tokenizer, "backend_tokenizer"):
        raise InvalidInput(
            f"the model in {encoder.folder} is no encoder with a tokenizer.json; set "
            "NAVIGATOR_EMBED_MODEL to one that is",
            code="invalid-model-file",
        )
    return network, tokenizer


def _max_tokens(encoder: Encoder, tokenizer: Any, config: Any) -> int:
    """The least of what the folder, the tokenizer and the network say."""
    places = getattr(config, "max_position_embeddings", None)
    if places and "roberta" in config.model_type:
        # Their first place is the one after the padding's id.
        places -= config.pad_token_id + 1
    known = [
        limit
        for limit in (encoder.max_tokens, tokenizer.model_max_length, places)
        if limit and FEWEST_TOKENS <= limit < NO_LIMIT
    ]
    if not known:
        raise InvalidInput(
            f"the model in {encoder.folder} does not say how long a text may be; give "
            "max_seq_length in its sentence_bert_config.json",
            code="invalid-model-file",
        )
    return min(known)
