"""Labels as they stand in a passage's payload, from which they can be read again.

A retry that finds all passages written has no vectors any more, and yet must announce the same
labels: so they stand with each passage, 40 bytes a label.
"""

from collections.abc import Iterable, Sequence

from libs.events.labels import Label, LabelKind


def written(labels: Iterable[Label]) -> list[str]:
    """`kind=value confidence passages`, such as `theme=mobility 0.91 0,4,7`."""
    return [
        f"{label.kind.value}={label.value} {label.confidence} {','.join(map(str, label.passages))}"
        for label in labels
    ]


def read(lines: Sequence[object]) -> tuple[Label, ...]:
    """The labels again."""
    return tuple(_label(str(line)) for line in lines)


def values(labels: Iterable[Label], kind: LabelKind) -> list[str]:
    """The values of one kind."""
    return [label.value for label in labels if label.kind is kind]


def _label(line: str) -> Label:
    name, confidence, passages = line.split(" ")
    kind, _, value = name.partition("=")
    return Label(
        kind=LabelKind(kind),
        value=value,
        confidence=float(confidence),
        passages=tuple(int(each) for each in passages.split(",") if each),
    )
