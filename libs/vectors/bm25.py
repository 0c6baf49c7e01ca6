"""Texts as BM25 term weights, the same for both engines; the engine adds the inverse frequency.

Qdrant's own tokenizer, stop words and Snowball stemmers run in this process. Its default is
English, which is wrong for nine of our ten languages, so every language is set explicitly.
"""

import unicodedata
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Final

from qdrant_edge import Bm25, Bm25Config, DisabledStemmer, StopwordsSet
from qdrant_edge import SparseVector as EngineVector

from libs.vectors.port import SparseVector

# Terms in an ordinary passage (128 tokens of the embedding model) once stop words are gone.
AVERAGE_TERMS: Final = 60.0

_STEMMED: Final = MappingProxyType(
    {
        "da": "danish",
        "de": "german",
        "en": "english",
        "fi": "finnish",
        "nb": "norwegian",
        "nn": "norwegian",
        "no": "norwegian",
        "sv": "swedish",
    }
)

# The engine has neither stop words nor stemmers for these. A few function words are enough: in a
# collection of ten languages they are rare overall, so the inverse frequency does not sink them.
_STOP_WORDS: Final = MappingProxyType(
    {
        "et": "ja ei et on oli see ka kui aga või mis kes ning oma seda selle ta nad me need olid",
        "lt": "ir kad yra į su iš tai kaip bet ar ne jis ji jie mes buvo per dėl nuo už apie šis",
        "lv": "un ir ka ar no uz par bet vai kas tas tā to kā ne bija arī lai pie pēc šis šī viņi",
        "pl": "i w z na do się nie to że jest o jak ale po od za dla są był była było lub oraz te",
    }
)


class Bm25Encoder:
    """Passages and queries as sparse vectors. Stateless; may be called from any thread.

    `language` is a BCP 47 tag; only its first part counts, and an unknown one means whole words
    in lower case without stop words. A query is read in its own language, so across languages
    only equal stems (names, loan words) meet.
    """

    def encode_passage(self, text: str, language: str) -> SparseVector:
        """Term frequencies, saturated and normalised by length; empty if there is no term."""
        return _sparse(_engine(_primary(language)).embed_document(_normal(text)))

    def encode_query(self, text: str, language: str) -> SparseVector:
        """Weight 1 for every distinct term, and its language; empty if there is no term."""
        tag = _primary(language)
        terms = _sparse(_engine(tag).embed_query(_normal(text)))
        return replace(terms, languages=(tag,) if tag and terms.indices else ())


def _primary(language: str) -> str:
    """`sv-SE` -> `sv`; anything unknown -> the empty string, so that few engines are kept."""
    tag = language.replace("_", "-").split("-", 1)[0].lower()
    return tag if tag in _STEMMED or tag in _STOP_WORDS else ""


@cache
def _engine(primary: str) -> Bm25:
    if name := _STEMMED.get(primary):
        return Bm25(Bm25Config(language=name, avg_len=AVERAGE_TERMS))
    words = set(_STOP_WORDS.get(primary, "").split())
    return Bm25(
        Bm25Config(
            avg_len=AVERAGE_TERMS,
            stopwords=StopwordsSet(languages=set(), custom=words),
            stemmer=DisabledStemmer(),
        )
    )


def _normal(text: str) -> str:
    # PDFs bring ä as a and a combining mark, and fi as a ligature; both would be other terms.
    return unicodedata.normalize("NFKC", text)


def _sparse(vector: EngineVector) -> SparseVector:
    return SparseVector(tuple(vector.indices), tuple(vector.values))
