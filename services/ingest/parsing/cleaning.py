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
_ENDS_SENTENCE = re.compile(r"[.!?:;…][\"'”’»“)\]]*$")
_LIST_ITEM = re.compile(r"(?:[-–—•◦▪○●‣*·]|\(?\d{1,3}[.)]|[a-zA-Z][.)])\s")
# After these a hyphen at the end of a line stands for the rest of a compound: "Sozial- und".
_CONJUNCTIONS = frozenset(
    "och eller ja tai sekä või ning un vai ar ir arba i lub oraz und oder og eller and or".split()
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
    if first.endswith("-") and word[:1].isdigit():
        return first + second
    broken = _WRAPPED_WORD.search(first) and word[:1].islower()
    if broken and word.strip(",.;:") not in _CONJUNCTIONS:
        return first[:-1] + second
    return f"{first} {second}"
