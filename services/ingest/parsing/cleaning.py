"""Makes text from anywhere plain: one Unicode form, no invisible characters, no blank runs."""

import re
import unicodedata

# Controls other than newline and tab, soft hyphens, zero-width blanks, byte order marks, lone
# surrogates (which no UTF-8 encoder takes), fonts' private symbols and non-characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\ud800-\uf8ff\ufffe\uffff]"
)
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BLANKS = re.compile(r"[^\S\n]+")
_AROUND_NEWLINE = re.compile(r" ?\n ?")
_EMPTY_LINES = re.compile(r"\n{3,}")
_WRAPPED_WORD = re.compile(r"[^\W\d_][-\u2010]$")
_DASH = re.compile(r"(?:^|\s)[-\u2010]$")
_ADDRESS = re.compile(r"[@/]|\w\.\w")
_ENDS_SENTENCE = re.compile(r"[.!?:;…][\"'”\u2019»“)\]]*$")
_LIST_ITEM = re.compile(r"(?:[-\u2013—•◦▪○●‣*·]|\(?\d{1,3}[.)]|[a-zA-Z][.)])\s")
# After these a hyphen at the end of a line stands for the rest of a compound: "Sozial- und".
_CONJUNCTIONS = frozenset(
    {
        "och",
        "eller",
        "ja",
        "tai",
        "sekä",
        "või",
        "ning",
        "un",
        "vai",
        "ar",
        "ir",
        "arba",
        "i",
        "lub",
        "oraz",
        "und",
        "oder",
        "og",
        "and",
        "or",
    }
)


def clean(text: str) -> str:
    """Return `text` in NFC without control characters (newlines stay) and without blank runs.

    Paragraphs stay apart by one empty line.
    """
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text))
    text = _BLANKS.sub(" ", unicodedata.normalize("NFC", text))
    return _EMPTY_LINES.sub("\n\n", _AROUND_NEWLINE.sub("\n", text)).strip()


def clean_line(text: str) -> str:
    """Return `text` cleaned and on one line."""
    return " ".join(clean(text).split())


def is_list_item(line: str) -> bool:
    """Tell whether a line opens with a bullet or a number."""
    return _LIST_ITEM.match(line) is not None


def ends_sentence(line: str) -> bool:
    """Tell whether a line ends as a sentence does, closing quotes and brackets aside."""
    return _ENDS_SENTENCE.search(line) is not None


def join_wrapped(first: str, second: str) -> str:
    """Join two lines of one paragraph, mending a word that was broken at the line's end."""
    word = second.split(maxsplit=1)[0] if second.strip() else ""
    if not first.endswith(("-", "\u2010")):
        return f"{first} {second}"
    stem = first.rsplit(maxsplit=1)[-1]
    if word.strip(",.;:") in _CONJUNCTIONS or _DASH.search(first):
        return f"{first} {second}"
    # Addresses, years and names keep a hyphen that was theirs: "2014-2020", "Rhein-Main".
    if not word[:1].islower() or not _WRAPPED_WORD.search(first) or _ADDRESS.search(stem + word):
        return first + second
    return first[:-1] + second
