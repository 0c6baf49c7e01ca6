"""Takes out of a question what could tell who asked it, as far as its form shows that.

Free text can always say more: so it is not published, whatever was taken out.
"""

import re
from typing import Final

EMAIL, LINK, NUMBER, NAME = "[e-mail]", "[link]", "[number]", "[name]"

_EMAIL: Final = re.compile(r"[^\s@<>()\[\],;:]+@[^\s@<>()\[\],;:]+\.\w{2,}")
_LINK: Final = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
# The Finnish number, in which a letter tells the century, and which may end in one:
# https://dvv.fi/en/personal-identity-code. Those of the other countries are digits only.
_FINNISH: Final = re.compile(r"\b\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]\b")
# Phone numbers and personal numbers: seven digits or more with little between them. Years from
# and to are none. A large sum goes too, which is the lesser harm.
_NUMBER: Final = re.compile(
    r"(?<![\w.])(?!(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d(?!\d))\+?\(?\d(?:[ ()./-]{0,2}\d){6,}(?!\w)"
)
# What comes behind these words is a name in all ten languages.
_INTRODUCTIONS: Final = (
    "jeg hedder|mit navn er|ich heiße|mein name ist|my name is|minu nimi on|mu nimi on|"
    "nimeni on|mano vardas|mani sauc|mans vārds ir|jeg heter|mitt navn er|nazywam się|"
    "mam na imię|jag heter|mitt namn är"
)
_CAPITALISED: Final = r"[A-ZÀ-ÖØ-ÞĀČĒĢĪĶĻŅŠŪŽĄĘĖĮŲĆŁŃŚŹŻÕ][\w'’-]*"
_NAME: Final = re.compile(
    rf"(?P<said>\b(?i:{_INTRODUCTIONS})\s+){_CAPITALISED}(?:\s+{_CAPITALISED}){{0,3}}"
)


def without_persons(text: str) -> str:
    """The text with e-mail addresses, links, long numbers and names that are introduced left out.

    In place of each stands what it was, in brackets.
    """
    for pattern, word in ((_EMAIL, EMAIL), (_LINK, LINK), (_FINNISH, NUMBER), (_NUMBER, NUMBER)):
        text = pattern.sub(word, text)
    return _NAME.sub(rf"\g<said>{NAME}", text)
