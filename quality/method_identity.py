"""How surely two names are known to mean the same by the closeness of their vectors.

    .venv/bin/python -m quality.method_identity

Same: the names of one theme or target group in two of ten languages (`libs/taxonomy`, written for
this repository), and a Participedia method's title and description, which is without the title.
Another: every other pair of the same kind. The threshold is the best by F1 on half of the entries
and the table tells the other half. Votes between methods need this in a real collection; ADR 26
says why they are off all the same.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from libs.language.detection import LanguageDetector
from libs.taxonomy.labels import ids, label
from quality.abstention_data import KINDS, LANGUAGES, fold
from quality.sorting_data import data_folder
from services.embed.conversion import prepare_model
from services.embed.correction import CorrectedEmbedder, LanguageCorrection
from services.embed.embedder import Embedder, Vectors
from services.embed.openvino_embedder import OpenVinoEmbedder

CHARS: Final = 600
Same = NDArray[np.bool_]
Numbers = NDArray[np.float32]


def names(embedder: Embedder, *, test: bool) -> tuple[Numbers, Same]:
    """Closeness of all pairs of names in two languages, and which are of one entry."""
    entries = [(kind, each) for kind in KINDS for each in ids(kind) if _in_half(each, test=test)]
    rows = [
        (number, language, label(kind, each, language))
        for number, (kind, each) in enumerate(entries)
        for language in LANGUAGES
    ]
    vectors = embedder.embed_passages([text for *_, text in rows])
    entry = np.array([number for number, *_ in rows])
    spoken = np.array([language for _, language, _ in rows])
    pairs = np.triu(spoken[:, None] != spoken[None, :], 1)
    return (vectors @ vectors.T)[pairs], (entry[:, None] == entry[None, :])[pairs]


def described(embedder: Embedder, *, test: bool) -> tuple[Numbers, Same]:
    """Closeness of all titles to all descriptions, and which are of one method."""
    path = data_folder() / "participedia/methods.jsonl"
    rows = [json.loads(line) for line in path.open(encoding="utf-8")]
    rows = [row for row in rows if row["description"] and _in_half(row["id"], test=test)]
    titles = embedder.embed_passages([row["title"] for row in rows])
    texts = [row["description"][:CHARS].replace(row["title"], "") for row in rows]
    close: Vectors = titles @ embedder.embed_passages(texts).T
    return close.ravel(), np.eye(len(rows), dtype=bool).ravel()


def _in_half(key: str, *, test: bool) -> bool:
    return (fold(f"identity {key}", 2) == 1) is test


def rows_of(embedder: Embedder) -> Iterator[dict[str, Any]]:
    """Precision and recall of each kind on the half that the threshold was not chosen on."""
    for name, pairs in (("names in two languages", names), ("title and description", described)):
        close, same = pairs(embedder, test=False)
        threshold = best_threshold(close, same)
        close, same = pairs(embedder, test=True)
        found = close >= threshold
        yield {
            "name": name,
            "threshold": threshold,
            "precision": float(same[found].mean()) if found.any() else 0.0,
            "recall": float(found[same].mean()),
            "n": int(same.sum()),
        }


def best_threshold(close: Numbers, same: Same) -> float:
    """The closeness from which pairs are taken for the same that has the best F1."""
    order = np.argsort(-close, kind="stable")
    right = np.cumsum(same[order])
    # F1 = 2 right / (taken + all that are the same).
    f1 = 2 * right / (np.arange(1, len(order) + 1) + same.sum())
    return float(close[order][np.argmax(f1)])


def main() -> None:
    """Print the table."""
    with closing(OpenVinoEmbedder(prepare_model(Path("var/models")))) as raw:
        correction = LanguageCorrection.load(raw.model)
        rows = list(rows_of(CorrectedEmbedder(raw, correction, LanguageDetector())))
    table = Table("pairs", "threshold", "precision", "recall", "same", box=None)
    for row in rows:
        numbers = (f"{row[name]:.2f}" for name in ("threshold", "precision", "recall"))
        table.add_row(row["name"], *numbers, str(row["n"]))
    Console().print(table)


if __name__ == "__main__":
    main()
