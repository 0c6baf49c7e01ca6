"""Makes `services/embed/language_means.npz`: each language's mean vector on neutral sentences.

    .venv/bin/python -m quality.language_means [FOLDER]

FOLDER holds Tatoeba's sentences aligned with English (`NAVIGATOR_DATA`/tatoeba). The first half of
each language's sentences makes the means; the second half is kept for measuring. The means there
were are kept beside, so that collections made with them can be read until they are re-indexed.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Final

import numpy as np

from services.embed.conversion import prepare_model
from services.embed.correction import EARLIER_MEANS, MEANS_FILE, means_name
from services.embed.openvino_embedder import OpenVinoEmbedder

CODES: Final = {
    "sv": "swe",
    "fi": "fin",
    "et": "est",
    "lv": "lvs",
    "lt": "lit",
    "pl": "pol",
    "de": "deu",
    "da": "dan",
    "nb": "nob",
}


def sentences(folder: Path, language: str, *, english: bool = False) -> list[str]:
    """All sentences of a language, or their translations in English, row by row the same.

    English by itself is the other side of Swedish.
    """
    pair = "swe" if language == "en" else CODES[language]
    side = "eng" if english or language == "en" else pair
    text = (folder / f"tatoeba.{pair}-eng.{side}").read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip()]


def main() -> None:
    """Write the file."""
    data = os.environ.get("NAVIGATOR_DATA", "../shared/data")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(data) / "tatoeba"
    embedder = OpenVinoEmbedder(prepare_model(Path("var/models")))
    languages = [*CODES, "en"]
    queries, passages = [], []
    for language in languages:
        found = sentences(folder, language)
        half = found[: len(found) // 2]
        queries.append(embedder.embed_queries(half).mean(axis=0))
        passages.append(embedder.embed_passages(half).mean(axis=0))
        print(f"{language}: {len(half)} sentences")  # noqa: T201 - a script's output
    EARLIER_MEANS.mkdir(exist_ok=True)
    shutil.copyfile(MEANS_FILE, EARLIER_MEANS / f"{means_name(MEANS_FILE)}.npz")
    np.savez(
        MEANS_FILE,
        model=embedder.model,
        languages=languages,
        queries=np.array(queries, dtype=np.float32),
        passages=np.array(passages, dtype=np.float32),
    )


if __name__ == "__main__":
    main()
