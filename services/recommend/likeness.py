"""How alike two figures are, from 0 to 1.

After Gower's coefficient of similarity (1971, Biometrics 27, 857-871): one minus the difference as
a share of a range. The difference is one of logarithms, because a thousand more people change a
village and no city; the range ends where the author judged that nothing is alike any more. No
labelled data tells that it is right (docs/adr/0027).
"""

import math
from typing import Final

# A hundred times as many people are another world.
SPAN_PEOPLE: Final = 100
# Twenty times as far, from the 25 km on within which a town is at hand.
SPAN_DISTANCE: Final = 20
AT_HAND_KM: Final = 25
# A tenth of what it took.
SPAN_MEANS: Final = 10

SAME_FAMILY: Final = 0.75
OTHER_COUNTRY: Final = 0.5
# Countries whose municipalities have much the same tasks. The Nordic family is the common one of
# the literature (Sellers and Lidström 2007, Governance 20, 609-632); the Baltic is a judgement.
_FAMILIES: Final = (
    frozenset({"DK", "FI", "IS", "NO", "SE"}),
    frozenset({"EE", "LT", "LV"}),
)


def alike(one: float, other: float, span: float) -> float:
    """1 for equal figures, 0 from `span` times as much on. Both are above 0."""
    return max(0.0, 1 - abs(math.log(one) - math.log(other)) / math.log(span))


def people_alike(one: float, other: float) -> float:
    """Of numbers or densities of people."""
    return alike(one, other, SPAN_PEOPLE)


def distance_alike(one: float, other: float) -> float:
    """Of kilometres, 0 or more."""
    return alike(one + AT_HAND_KM, other + AT_HAND_KM, SPAN_DISTANCE)


def sufficient(has: float, took: float) -> float:
    """1 when there is as much as it took, 0 when there is a tenth of it or nothing."""
    if has >= took:
        return 1.0
    return alike(has, took, SPAN_MEANS) if has > 0 else 0.0


def country_alike(one: str, other: str) -> float:
    """Of two countries (ISO 3166): the same, of one family of local government, or others."""
    if one == other:
        return 1.0
    return SAME_FAMILY if any({one, other} <= family for family in _FAMILIES) else OTHER_COUNTRY
