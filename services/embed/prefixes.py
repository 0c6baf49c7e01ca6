"""What is put before a text, so that the model knows a question from a passage."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

# intfloat's E5 and multilingual E5 models were trained with them, and only with them; the
# "instruct" ones want an instruction instead.
_E5_NAME: Final = re.compile(r"(^|[-_/])e5[-_](?!.*instruct)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prefixes:
    """`set_by_hand`: other ones than the model's own."""

    query: str = ""
    passage: str = ""
    set_by_hand: bool = False

    def or_else(self, query: str | None, passage: str | None) -> "Prefixes":
        """The same, or what was set in their place; None is not set."""
        wanted = (
            self.query if query is None else query,
            self.passage if passage is None else passage,
        )
        return self if wanted == (self.query, self.passage) else Prefixes(*wanted, set_by_hand=True)

    def space(self, model: str) -> str:
        """The name of the space that the model's vectors live in with these prefixes."""
        if not self.set_by_hand:
            return model
        digest = hashlib.sha256(f"{self.query}\0{self.passage}".encode()).hexdigest()[:8]
        return f"{model}+prefixes-{digest}"


E5: Final = Prefixes("query: ", "passage: ")


def usual_prefixes(model: str) -> Prefixes:
    """Those of a model of this name: E5's, else none."""
    return E5 if _E5_NAME.search(model) else Prefixes()
