"""What a change to a published JSON Schema breaks, rule by rule.

Two promises stand behind a schema that keeps its name. What others wrote by the old one, we
read: nothing may be asked for that was not. What we write by the new one, others read with
programs made for the old one: nothing may be missing that was there, or be of a new kind. A
field more is allowed; a reader passes over what it does not know.

A change that is not understood here counts as breaking: better one new topic too many.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from libs.events.pointers import json_pointer

Json = dict[str, Any]
Parts = tuple[str, ...]


class Rule(StrEnum):
    """What was done to a schema that must not be done."""

    SCHEMA_REMOVED = "schema-removed"
    FIELD_REMOVED = "field-removed"
    FIELD_REQUIRED = "field-required"
    FIELD_OPTIONAL = "field-no-longer-required"
    TYPE_NARROWED = "type-narrowed"
    TYPE_WIDENED = "type-widened"
    VALUES_NARROWED = "values-narrowed"
    VALUES_WIDENED = "values-widened"
    PATTERN_CHANGED = "pattern-changed"
    LIMIT_TIGHTENED = "limit-tightened"
    LIMIT_LOOSENED = "limit-loosened"
    CLOSED = "additional-fields-forbidden"
    ALTERNATIVE_REMOVED = "alternative-removed"
    ALTERNATIVE_ADDED = "alternative-added"
    OTHER = "constraint-changed"


@dataclass(frozen=True, slots=True, order=True)
class Break:
    """A rule that is broken, and where: a JSON pointer into the messages, `*` for any item."""

    pointer: str
    rule: Rule
    detail: str


@dataclass(frozen=True, slots=True)
class Promises:
    """Which of the two are made: that we read the old, that others can read the new."""

    read_here: bool
    written_here: bool


_NOTES = {
    "$defs", "$schema", "$id", "$comment", "title", "description", "default", "examples",
    "deprecated", "contentEncoding", "discriminator",
}  # fmt: skip
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_TEXTUAL = ("pattern", "format")
_KNOWN = {
    "type", "enum", "const", "properties", "required", "additionalProperties", "items", "anyOf",
    "oneOf", "$ref", *_UPPER, *_LOWER, *_TEXTUAL,
}  # fmt: skip
_TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})


def breaks(old: Json, new: Json, promises: Promises) -> list[Break]:
    """Every way in which the new schema breaks what the old one promised, by pointer."""
    return sorted(_Comparison(old, new, promises).schemas(old, new, (), frozenset()))


@dataclass(frozen=True, slots=True)
class _Comparison:
    old_root: Json
    new_root: Json
    promises: Promises

    def schemas(self, old: Json, new: Json, at: Parts, seen: frozenset[Any]) -> Iterator[Break]:
        pair = (old.get("$ref"), new.get("$ref"))
        if pair != (None, None):
            if pair in seen:
                return
            seen |= {pair}
        old, new = _resolved(old, self.old_root), _resolved(new, self.new_root)
        if _choices(old) or _choices(new):
            yield from self._alternatives(old, new, at, seen)
            old, new = _without_choices(old), _without_choices(new)
            if not (_rules(old) and _rules(new)):
                # One of them says everything in its alternatives.
                return
        yield from self._types(old, new, at)
        yield from self._values(old, new, at)
        yield from self._texts(old, new, at)
        yield from self._limits(old, new, at)
        yield from self._fields(old, new, at, seen)
        if "items" in old or "items" in new:
            yield from self.schemas(old.get("items", {}), new.get("items", {}), (*at, "*"), seen)
        for keyword in sorted((old.keys() | new.keys()) - _KNOWN - _NOTES):
            if old.get(keyword) != new.get(keyword):
                yield _break(at, Rule.OTHER, f"`{keyword}` is another")

    def _alternatives(
        self, old: Json, new: Json, at: Parts, seen: frozenset[Any]
    ) -> Iterator[Break]:
        olds, news = _alternatives(old), _alternatives(new)
        if self.promises.read_here:
            reading = _Comparison(self.old_root, self.new_root, Promises(True, False))
            for each in olds:
                found = [list(reading.schemas(each, other, at, seen)) for other in news]
                yield from _least(found, at, Rule.ALTERNATIVE_REMOVED)
        if self.promises.written_here:
            writing = _Comparison(self.old_root, self.new_root, Promises(False, True))
            for each in news:
                found = [list(writing.schemas(other, each, at, seen)) for other in olds]
                yield from _least(found, at, Rule.ALTERNATIVE_ADDED)

    def _types(self, old: Json, new: Json, at: Parts) -> Iterator[Break]:
        before, after = _types(old), _types(new)
        lost, gained = before - after, after - before
        if self.promises.read_here and lost:
            yield _break(at, Rule.TYPE_NARROWED, f"{_listed(lost)} is not taken any more")
        if self.promises.written_here and gained:
            yield _break(at, Rule.TYPE_WIDENED, f"it may be {_listed(gained)} now")

    def _values(self, old: Json, new: Json, at: Parts) -> Iterator[Break]:
        before, after = _values(old), _values(new)
        if (
            self.promises.read_here
            and after is not None
            and (before is None or not _within(before, after))
        ):
            yield _break(at, Rule.VALUES_NARROWED, f"only {_listed(after)} is taken now")
        if (
            self.promises.written_here
            and before is not None
            and (after is None or not _within(after, before))
        ):
            gained = "anything" if after is None else _listed(v for v in after if v not in before)
            yield _break(at, Rule.VALUES_WIDENED, f"it may be {gained} now")

    def _texts(self, old: Json, new: Json, at: Parts) -> Iterator[Break]:
        for keyword in _TEXTUAL:
            before, after = old.get(keyword), new.get(keyword)
            # Of two patterns nobody can tell which allows more.
            dropped = after is None and not self.promises.written_here
            added = before is None and not self.promises.read_here
            if before != after and not dropped and not added:
                yield _break(at, Rule.PATTERN_CHANGED, f"`{keyword}` was {before}, is {after}")

    def _limits(self, old: Json, new: Json, at: Parts) -> Iterator[Break]:
        for keyword, sign in (*((k, 1) for k in _UPPER), *((k, -1) for k in _LOWER)):
            none = float("inf") * sign
            before, after = old.get(keyword, none), new.get(keyword, none)
            detail = (
                f"`{keyword}` was {old.get(keyword, 'not set')}, is {new.get(keyword, 'not set')}"
            )
            if self.promises.read_here and after * sign < before * sign:
                yield _break(at, Rule.LIMIT_TIGHTENED, detail)
            if self.promises.written_here and after * sign > before * sign:
                yield _break(at, Rule.LIMIT_LOOSENED, detail)

    def _fields(self, old: Json, new: Json, at: Parts, seen: frozenset[Any]) -> Iterator[Break]:
        before: Json = old.get("properties", {})
        after: Json = new.get("properties", {})
        for name in before.keys() - after.keys():
            yield _break((*at, name), Rule.FIELD_REMOVED, "the field is gone")
        required = set(new.get("required", ())) - set(old.get("required", ()))
        optional = set(old.get("required", ())) - set(new.get("required", ()))
        if self.promises.read_here:
            for name in required:
                yield _break((*at, name), Rule.FIELD_REQUIRED, "old messages may lack the field")
            yield from self._closed(old, new, at, seen)
        if self.promises.written_here:
            for name in optional & after.keys():
                yield _break((*at, name), Rule.FIELD_OPTIONAL, "new messages may lack the field")
        for name in before.keys() & after.keys():
            yield from self.schemas(before[name], after[name], (*at, name), seen)

    def _closed(self, old: Json, new: Json, at: Parts, seen: frozenset[Any]) -> Iterator[Break]:
        before = old.get("additionalProperties", True)
        after = new.get("additionalProperties", True)
        if before == after or after is True or before is False:
            return
        if isinstance(before, dict) and isinstance(after, dict):
            yield from self.schemas(before, after, (*at, "*"), seen)
        else:
            yield _break(at, Rule.CLOSED, "old messages may have fields that are not taken now")


def _break(at: Parts, rule: Rule, detail: str) -> Break:
    return Break(json_pointer(at), rule, detail)


def _resolved(schema: Json, root: Json) -> Json:
    while (reference := schema.get("$ref")) is not None:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = root["$defs"][str(reference).rpartition("/")[2]] | beside
    return schema


def _choices(schema: Json) -> list[Json]:
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())]


def _without_choices(schema: Json) -> Json:
    return {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf"}}


def _alternatives(schema: Json) -> list[Json]:
    return _choices(schema) or [schema]


def _rules(schema: Json) -> set[str]:
    return schema.keys() - _NOTES


def _least(found: list[list[Break]], at: Parts, rule: Rule) -> Iterator[Break]:
    """Nothing when one of the alternatives fits; the breaks of the nearest when none does."""
    nearest = min(found, key=len)
    if len(found) > 1 and nearest:
        yield _break(at, rule, "; ".join(f"{each.rule}: {each.detail}" for each in nearest))
    else:
        yield from nearest


def _types(schema: Json) -> frozenset[str]:
    told = schema.get("type")
    named = _TYPES if told is None else frozenset([told] if isinstance(told, str) else told)
    return named | {"integer"} if "number" in named else named


def _values(schema: Json) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values


def _within(some: list[Any], all_of_them: list[Any]) -> bool:
    return all(value in all_of_them for value in some)


def _listed(values: Any) -> str:
    return ", ".join(sorted(map(str, values)))
