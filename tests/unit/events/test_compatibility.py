"""Every rule of what a published schema may not do, and what it may."""

from typing import Any

import pytest

from libs.events.compatibility import Promises, Rule, breaks
from libs.events.schemas import published_schemas

Json = dict[str, Any]

READ = Promises(read_here=True, written_here=False)
WRITTEN = Promises(read_here=False, written_here=True)
BOTH = Promises(read_here=True, written_here=True)

TEXT: Json = {"type": "string"}
NULLABLE: Json = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}


def message(*, required: tuple[str, ...] = (), **fields: Json) -> Json:
    """A schema of messages with these fields in `data`."""
    data = {"type": "object", "properties": fields, "required": list(required)}
    return {
        "type": "object",
        "properties": {"data": data | {"additionalProperties": False}},
        "required": ["data"],
    }


def rules(old: Json, new: Json, promises: Promises = BOTH) -> list[tuple[str, Rule]]:
    return [(found.pointer, found.rule) for found in breaks(old, new, promises)]


def field(old: Json, new: Json, promises: Promises) -> list[Rule]:
    """What is broken when one field changes."""
    found = rules(message(a=old), message(a=new), promises)
    assert {pointer for pointer, _ in found} <= {"/data/a", "/data/a/*"}
    return [rule for _, rule in found]


def test_nothing_is_broken_by_no_change_or_by_words() -> None:
    for published in published_schemas():
        assert rules(published.schema, published.schema, published.promises) == []
    old, new = message(a=TEXT), message(a=TEXT | {"description": "clearer", "title": "A"})
    assert rules(old, new | {"description": "new words"}) == []


def test_a_new_field_is_allowed_if_nobody_must_send_it() -> None:
    assert rules(message(a=TEXT), message(a=TEXT, b=TEXT)) == []


def test_a_field_may_not_go() -> None:
    for promises in (READ, WRITTEN):
        found = rules(message(a=TEXT, b=TEXT), message(a=TEXT), promises)
        assert found == [("/data/b", Rule.FIELD_REMOVED)]


def test_old_producers_may_not_be_asked_for_more() -> None:
    old, new = message(a=TEXT), message(a=TEXT, b=TEXT, required=("a", "b"))
    wanted = [("/data/a", Rule.FIELD_REQUIRED), ("/data/b", Rule.FIELD_REQUIRED)]
    assert rules(old, new, READ) == wanted
    # Whoever reads what we write is glad of it.
    assert rules(old, new, WRITTEN) == []


def test_old_readers_keep_what_they_could_rely_on() -> None:
    old, new = message(a=TEXT, required=("a",)), message(a=TEXT)
    assert rules(old, new, WRITTEN) == [("/data/a", Rule.FIELD_OPTIONAL)]
    assert rules(old, new, READ) == []


ONE_WAY: dict[str, tuple[Json, Json, Rule, Rule]] = {
    "type": (
        {"type": ["string", "integer"]},
        {"type": "string"},
        Rule.TYPE_NARROWED,
        Rule.TYPE_WIDENED,
    ),
    "number": ({"type": "number"}, {"type": "integer"}, Rule.TYPE_NARROWED, Rule.TYPE_WIDENED),
    "enum": (
        TEXT | {"enum": ["a", "b"]},
        TEXT | {"enum": ["a"]},
        Rule.VALUES_NARROWED,
        Rule.VALUES_WIDENED,
    ),
    "enum of one": (
        TEXT | {"enum": ["a", "b"]},
        TEXT | {"const": "a"},
        Rule.VALUES_NARROWED,
        Rule.VALUES_WIDENED,
    ),
    "any value": (TEXT, TEXT | {"enum": ["a"]}, Rule.VALUES_NARROWED, Rule.VALUES_WIDENED),
    "pattern": (TEXT, TEXT | {"pattern": "^a"}, Rule.PATTERN_CHANGED, Rule.PATTERN_CHANGED),
    "format": (TEXT, TEXT | {"format": "date"}, Rule.PATTERN_CHANGED, Rule.PATTERN_CHANGED),
    "longest": (
        TEXT | {"maxLength": 9},
        TEXT | {"maxLength": 8},
        Rule.LIMIT_TIGHTENED,
        Rule.LIMIT_LOOSENED,
    ),
    "shortest": (TEXT, TEXT | {"minLength": 1}, Rule.LIMIT_TIGHTENED, Rule.LIMIT_LOOSENED),
    "largest": (
        {"type": "integer"},
        {"type": "integer", "maximum": 17},
        Rule.LIMIT_TIGHTENED,
        Rule.LIMIT_LOOSENED,
    ),
    "smallest": (
        {"type": "integer", "minimum": 0},
        {"type": "integer", "minimum": 1},
        Rule.LIMIT_TIGHTENED,
        Rule.LIMIT_LOOSENED,
    ),
    "most items": (
        {"type": "array", "items": TEXT},
        {"type": "array", "items": TEXT, "maxItems": 1},
        Rule.LIMIT_TIGHTENED,
        Rule.LIMIT_LOOSENED,
    ),
    "items": (
        {"type": "array", "items": {"type": ["string", "integer"]}},
        {"type": "array", "items": TEXT},
        Rule.TYPE_NARROWED,
        Rule.TYPE_WIDENED,
    ),
    "null": (NULLABLE, TEXT, Rule.TYPE_NARROWED, Rule.TYPE_WIDENED),
    "one of three": (
        {"anyOf": [TEXT, {"type": "null"}, {"type": "integer"}]},
        NULLABLE,
        Rule.ALTERNATIVE_REMOVED,
        Rule.ALTERNATIVE_ADDED,
    ),
}


@pytest.mark.parametrize(("wide", "narrow", "reading", "writing"), ONE_WAY.values(), ids=ONE_WAY)
def test_what_is_read_may_only_grow_and_what_is_written_only_shrink(
    wide: Json, narrow: Json, reading: Rule, writing: Rule
) -> None:
    assert field(wide, narrow, READ) == [reading]
    assert field(narrow, wide, READ) == []
    assert field(narrow, wide, WRITTEN) == [writing]
    assert field(wide, narrow, WRITTEN) == []


def test_of_two_patterns_nobody_can_tell_which_allows_more() -> None:
    old, new = TEXT | {"pattern": "^a+$"}, TEXT | {"pattern": "^a*$"}
    for promises in (READ, WRITTEN):
        assert field(old, new, promises) == [Rule.PATTERN_CHANGED]


def test_fields_that_were_allowed_unnamed_stay_allowed() -> None:
    opened: Json = {"type": "object", "properties": {}}
    closed = opened | {"additionalProperties": False}
    numbers = opened | {"additionalProperties": {"type": "integer"}}
    assert field(opened, closed, READ) == [Rule.CLOSED]
    assert field(opened, numbers, READ) == [Rule.CLOSED]
    assert field(numbers, opened | {"additionalProperties": TEXT}, READ) == [Rule.TYPE_NARROWED]
    assert field(closed, opened, READ) == []


def test_a_constraint_of_another_kind_is_breaking() -> None:
    old: Json = {"type": "array", "items": TEXT}
    assert field(old, old | {"uniqueItems": True}, READ) == [Rule.OTHER]


def test_what_is_told_names_the_place_behind_references() -> None:
    old = message(a={"type": "array", "items": {"$ref": "#/$defs/Thing"}})
    new = old | {"$defs": {"Thing": {"type": "object", "required": ["x/y"]}}}
    old |= {"$defs": {"Thing": {"type": "object"}}}
    assert rules(old, new, READ) == [("/data/a/*/x~1y", Rule.FIELD_REQUIRED)]


def test_a_schema_that_holds_itself_is_compared_to_its_end() -> None:
    part: Json = {"type": "object", "properties": {"parts": {"items": {"$ref": "#/$defs/Part"}}}}
    schema = message(a={"$ref": "#/$defs/Part"}) | {"$defs": {"Part": part}}
    assert rules(schema, schema) == []


def test_a_report_that_needs_more_than_text_is_a_break_of_the_partners_contract() -> None:
    """The rule that text may stand in any of three places is no JSON Schema type."""
    submitted = next(
        p for p in published_schemas() if "submitted.schema" in p.name and p.promises == READ
    )
    changed = submitted.schema | {"$defs": dict(submitted.schema["$defs"])}
    report = dict(changed["$defs"]["PartnerReport"])
    report["anyOf"] = report["anyOf"][1:]
    changed["$defs"]["PartnerReport"] = report
    found = rules(submitted.schema, changed, READ)
    assert found == [("/data", Rule.ALTERNATIVE_REMOVED)]
    assert rules(changed, submitted.schema, READ) == []
