"""The language that a document declares, as a primary BCP 47 tag."""

import re

from libs.language.tags import SYNONYMS

# ISO 639-1, where a tag of two letters has to stand.
_TWO_LETTERS = frozenset(
    re.findall(
        r"\w+",
        "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co "
        "cr cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl "
        "gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg "
        "ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk "
        "ml mn mr ms mt my na nb nd ne ng nl nn nr nv ny oc oj om or os pa pi pl ps pt "
        "qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te "
        "tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh "
        "zu",
    )
)


def language_tag(declared: object) -> str | None:
    """Return the primary tag of a declaration: "sv" of "sv_SE". None where it names no language."""
    if not isinstance(declared, str):
        return None
    primary = declared.strip().replace("_", "-").partition("-")[0].lower()
    tag = SYNONYMS.get(primary, primary)
    return tag if tag in _TWO_LETTERS else None
