"""The collection that is read, for what needs no question and so names no model."""

from libs.errors import Unavailable
from libs.vectors.collections import Collections
from libs.vectors.port import PassageIndex


def active_collection(collections: Collections) -> tuple[str, PassageIndex]:
    """Its name, and itself. Raises Unavailable before embed has made the first one."""
    active = collections.roles().active
    made = None if active is None else collections.made(active)
    if active is None or made is None:
        raise Unavailable("The collection is not there yet: embed makes it when it starts.")
    return active, collections.index(made.spec)
