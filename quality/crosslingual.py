"""How well a sentence finds its translation, in pairs and in a pool of ten languages.

    .venv/bin/python -m quality.crosslingual [--markdown docs/crosslingual.md]

Tatoeba's sentences aligned with English (`NAVIGATOR_DATA`/tatoeba, 1,000 for each of nine
languages). Only the second half of each is measured: the first made the language means. Questions
and passages are embedded as in production, with the detector's languages.
"""

import argparse
import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from libs.language.detection import LanguageDetector
from quality.language_means import CODES, sentences
from services.embed.conversion import prepare_model
from services.embed.correction import CorrectedEmbedder, LanguageCorrection
from services.embed.embedder import Embedder, Vectors
from services.embed.openvino_embedder import OpenVinoEmbedder

# Accuracy of the unquantised model into English, in percent, as published for Tatoeba and quoted
# in shared/data/README.md; for Latvian none is given there.
PUBLISHED: Final = {
    "sv": 89.7,
    "fi": 77.1,
    "et": 66.8,
    "lt": 71.5,
    "pl": 91.4,
    "de": 98.0,
    "da": 90.4,
    "nb": 92.9,
}
NEAREST: Final = 10
COMMAND: Final = "python -m quality.crosslingual"


@dataclass(frozen=True, slots=True)
class Pairs:
    """Sentences of a language and of English, row by row the same; both as both kinds."""

    asked: Vectors
    asked_en: Vectors
    found: Vectors
    found_en: Vectors


def main() -> None:
    """Measure and print, or write, the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    chosen = parser.parse_args()
    folder = Path(os.environ.get("NAVIGATOR_DATA", "../shared/data")) / "tatoeba"
    with closing(OpenVinoEmbedder(prepare_model(Path("var/models")))) as raw:
        corrected = CorrectedEmbedder(raw, LanguageCorrection.load(raw.model), LanguageDetector())
        without, corrected_pairs = (
            {language: _pairs(each, folder, language) for language in CODES}
            for each in (raw, corrected)
        )
    text = _markdown(without, corrected_pairs)
    if chosen.markdown:
        chosen.markdown.write_text(text, encoding="utf-8")
    print(text)  # noqa: T201 - a script's output


def accuracy(asked: Vectors, found: Vectors) -> float:
    """Share of rows, in percent, whose nearest of `found` is the row of the same number."""
    return 100 * float(np.mean(np.argmax(asked @ found.T, axis=1) == np.arange(len(asked))))


def recall(asked: Vectors, pool: Vectors, first: int, without: int | None = None) -> float:
    """Share, in percent, of rows whose translation is among the nearest ten of the pool.

    Row i's translation stands in the pool at `first + i`. Its own text stands at `without + i`
    and is left out.
    """
    similarity = asked @ pool.T
    rows = np.arange(len(asked))
    if without is not None:
        similarity[rows, without + rows] = -np.inf
    right = similarity[rows, first + rows]
    return 100 * float(np.mean((similarity > right[:, None]).sum(axis=1) < NEAREST))


def _pairs(embedder: Embedder, folder: Path, language: str) -> Pairs:
    theirs = sentences(folder, language)
    english = _english(folder, language)
    half = len(theirs) // 2
    theirs, english = theirs[half:], english[half:]
    return Pairs(
        asked=embedder.embed_queries(theirs),
        asked_en=embedder.embed_queries(english),
        found=embedder.embed_passages(theirs),
        found_en=embedder.embed_passages(english),
    )


def _english(folder: Path, language: str) -> list[str]:
    code = CODES[language]
    text = (folder / f"tatoeba.{code}-eng.eng").read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _pooled(pairs: Mapping[str, Pairs]) -> dict[str, tuple[float, float]]:
    """Recall@10 into English and out of it, all sentences of all languages in one pool."""
    pool = np.concatenate([part for each in pairs.values() for part in (each.found, each.found_en)])
    found, start = {}, 0
    for language, each in pairs.items():
        count = len(each.found)
        into = recall(each.asked, pool, start + count, without=start)
        out = recall(each.asked_en, pool, start, without=start + count)
        found[language] = (into, out)
        start += 2 * count
    return found


def _markdown(without: Mapping[str, Pairs], corrected: Mapping[str, Pairs]) -> str:
    pooled, pooled_corrected = _pooled(without), _pooled(corrected)
    rows = []
    for language, raw in without.items():
        better = corrected[language]
        numbers = [
            accuracy(raw.asked, raw.found_en),
            accuracy(better.asked, better.found_en),
            accuracy(raw.asked_en, raw.found),
            accuracy(better.asked_en, better.found),
            pooled[language][0],
            pooled_corrected[language][0],
            pooled[language][1],
            pooled_corrected[language][1],
        ]
        rows.append((language, PUBLISHED.get(language), numbers))
    count = sum(len(each.asked) for each in without.values())
    return _page(rows, count)


def _page(rows: list[tuple[str, float | None, list[float]]], count: int) -> str:
    def line(name: str, published: float | None, numbers: list[float]) -> str:
        cells = [f"{number:.1f}" for number in numbers]
        return f"| {name} | {published or '–'} | {' | '.join(cells)} |"

    columns = list(zip(*(numbers for _, _, numbers in rows), strict=True))
    about = (
        f"Written by `{COMMAND} --markdown docs/crosslingual.md`: {count:,} sentences of "
        "Tatoeba in nine languages with their English, those that the language means were not "
        "made with. Percent. Pairs: the nearest of the same language's English (or of the "
        "language) is the translation. Pool: the translation is among the nearest ten of "
        f"{2 * count:,} sentences in ten languages, the asker's own language among them. "
        "Published: the unquantised model on all 1,000, symmetric prefixes; it compares, and "
        "is not the same test."
    )
    head = (
        "| language | published → en | → en | corrected | en → | corrected | pool → en | corrected "
        "| pool en → | corrected |"
    )
    return "\n".join(
        (
            "# Sentences and their translations",
            "",
            about,
            "",
            head,
            "|---|" + "---|" * 9,
            *(line(*row) for row in rows),
            line("**mean**", None, [sum(each) / len(each) for each in columns]),
            line("**worst**", None, [min(each) for each in columns]),
            "",
        )
    )


if __name__ == "__main__":
    main()
