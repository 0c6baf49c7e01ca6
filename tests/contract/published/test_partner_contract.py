"""What a partner may send: the published JSON Schema and ingest's models say the same."""

import base64
import copy
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from libs.errors import InvalidInput
from libs.events.envelope import decode
from libs.events.partner import (
    PartnerEvent,
    PartnerReportSubmitted,
    PartnerReportWithdrawn,
    read_partner_event,
)
from libs.events.report import Outcome, SectionKind
from libs.events.schemas import partner_schema

Json = dict[str, Any]

FORMATS = Draft202012Validator.FORMAT_CHECKER
SCHEMAS = {
    kind.TYPE: partner_schema(kind) for kind in (PartnerReportSubmitted, PartnerReportWithdrawn)
}


def ingest_takes(message: Json) -> PartnerEvent | None:
    try:
        return read_partner_event(decode(json.dumps(message).encode()))
    except InvalidInput:
        return None


def schema_takes(message: Json, *, formats: bool = True) -> bool:
    schema = SCHEMAS.get(str(message.get("type")), {"not": {}})
    checker = FORMATS if formats else None
    return Draft202012Validator(schema, format_checker=checker).is_valid(message)


def trimmed(value: Any) -> Any:
    """A report in which white space around text does not count, and NUL never does."""
    if isinstance(value, dict):
        return {name: trimmed(each) for name, each in value.items()}
    if isinstance(value, list):
        return [trimmed(each) for each in value]
    return value.replace("\x00", "").strip() if isinstance(value, str) else value


def ends_before_it_starts(message: Json) -> bool:
    data = message.get("data")
    period = data.get("period") if isinstance(data, dict) else None
    if not isinstance(period, dict):
        return False
    start, end = period.get("start"), period.get("end")
    return isinstance(start, str) and isinstance(end, str) and end < start


text = st.text(max_size=30)
line = text.filter(lambda found: trimmed(found) != "")
slug = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
country = st.from_regex(r"[A-Z]{2}", fullmatch=True)
number = st.integers(0, 10**9) | st.floats(0, 1e9).filter(lambda found: not found.is_integer())
day = st.dates().map(dt.date.isoformat)


def maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """An object with some of the fields; null where one is left out is as good."""
    return st.fixed_dictionaries({}, optional={n: st.none() | s for n, s in fields.items()})


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(strategy, max_size=2)


def thing(optional: Json | None = None, **required: Any) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(required, optional=optional or {})


section = thing(
    text=text,
    optional={
        "heading": line,
        "kind": st.sampled_from(list(SectionKind)),
        "page": st.integers(1, 1_000_000),
    },
)
document = thing(
    filename=line,
    content=st.binary(min_size=1, max_size=20).map(lambda raw: base64.b64encode(raw).decode()),
    optional={"media_type": st.none() | text},
)
metadata = st.builds(
    lambda first, second, third: {**first, **second, **third},
    maybe(
        external_id=line,
        language=st.from_regex(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", fullmatch=True),
        summary=text,
        period=maybe(start=day, end=day),
        budget=thing(amount=number, currency=st.from_regex(r"[A-Z]{3}", fullmatch=True)),
        lead_organisation=thing(name=line, optional={"country": country}),
        outcome=st.sampled_from(list(Outcome)),
    ),
    st.fixed_dictionaries(
        {"title": line},
        optional={
            "places": some(
                thing(country=country, optional={"name": line, "lau": st.text(max_size=20)})
            ),
            "themes": some(slug),
            "sdgs": some(st.integers(1, 17)),
            "methods": some(
                thing(name=line, optional={"steps": some(line), "needs": maybe(money=line)})
            ),
            "results": some(maybe(indicator=line, value=number | text, text=text)),
            "contacts": some(thing(name=line, optional={"email": st.just("a@b.se")})),
            "links": some(thing(url=st.just("https://example.org/a"))),
            "illustrative": st.booleans(),
        },
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "text": st.none() | text,
            "sections": some(section),
            "documents": st.lists(document, max_size=3),
        },
    ),
)
withdrawal = maybe(external_id=line, report_id=st.uuids().map(str))


def events(kind: str, data: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(
        {
            "specversion": st.just("1.0"),
            "id": st.text(min_size=1, max_size=20),
            "source": st.sampled_from(["/partners/norr", "/partners/norr/archive?x=1#y"]),
            "type": st.just(kind),
            "time": st.datetimes(timezones=st.just(dt.UTC)).map(dt.datetime.isoformat),
            "data": data,
        },
        optional={"subject": st.none() | text, "anextension": text},
    )


messages = events("report.submitted", metadata) | events("report.withdrawn", withdrawal)
ODD: list[Any] = [
    None, True, 0, 1, -1, 18, 1.5, "", " ", "\x00", "x", "X", "x" * 1_001, "a b", "5", "2026-02-30",
    [], [None], [[]], {}, {"x": 1}, ["x", "x"], "2026-01-01T00:00:00Z", "aGVq", "aGV", "SE", "sv",
]  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a message with each of its keys."""
    if not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    return [(value, key) for key in keys] + [at for key in keys for at in places(value[key])]


@st.composite
def spoilt(draw: st.DrawFn) -> Json:
    """A message with something changed, left out or added somewhere."""
    message: Json = copy.deepcopy(draw(messages))
    container, key = draw(st.sampled_from(places(message)))
    change = draw(st.sampled_from(["replace", "remove", "add"]))
    if change == "replace":
        container[key] = draw(st.sampled_from(ODD))
    elif change == "remove":
        del container[key]
    elif isinstance(container, dict):
        container[draw(st.sampled_from(["text", "report_id", "unknown"]))] = draw(
            st.sampled_from(ODD)
        )
    return message


def assert_both_agree(message: Json) -> None:
    taken = ingest_takes(message)
    if schema_takes(message) and not ends_before_it_starts(message):
        assert taken, "ingest refuses what the schema allows"
    if taken:
        # JSON Schema leaves it to its users whether formats count; those of dates do for us.
        plain = message | {"data": trimmed(message["data"])}
        assert schema_takes(plain, formats=False), "ingest takes what the schema forbids"


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_the_schemas_are_schemas(schema: Json) -> None:
    Draft202012Validator.check_schema(schema)


SLOW = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(messages)
def test_both_agree_on_messages_as_partners_mean_them(message: Json) -> None:
    assert_both_agree(message)


@SLOW
@given(spoilt())
def test_both_agree_on_messages_with_a_fault(message: Json) -> None:
    assert_both_agree(message)


def submitted(**data: object) -> Json:
    return {
        "id": "1",
        "source": "/partners/norr",
        "type": "report.submitted",
        "time": "2026-05-04T12:00:00Z",
        "data": data,
    }


def withdrawn(**data: object) -> Json:
    return submitted(**data) | {"type": "report.withdrawn"}


DOCUMENT = {"filename": "a.txt", "content": "aGVq"}
TAKEN = [
    submitted(title="x", text="y"),
    submitted(title=" x ", sections=[{"text": ""}, {"text": "y"}]),
    submitted(title="x", text=None, sections=[{"text": "y", "page": 1}]),
    submitted(title="x", documents=[DOCUMENT]),
    submitted(title="x", documents=[DOCUMENT], sections=[], text=None),
    submitted(title="x", documents=[DOCUMENT, DOCUMENT]),
    submitted(title="x", text="y", results=[{"value": 3}, {"value": "three"}, {"value": None}]),
    submitted(title="x", text="y", budget={"amount": 1, "currency": "EUR"}),
    submitted(title="x", text="y") | {"traceparent": "00-…", "subject": None},
    submitted(title="x", text="y") | {"source": "/partners/norr/archive"},
    submitted(title="x", text="y") | {"time": "2026-05-04T12:00:00.123+02:00"},
    withdrawn(external_id="2021-04"),
    withdrawn(report_id="6f9619ff-8b86-5011-b42d-00cf4fc964ff", external_id=None),
]
REFUSED = [
    {},
    submitted(),
    submitted(title="x"),
    submitted(title="", text="y"),
    submitted(title="\x00 ", text="y"),
    submitted(title="x", text=" \n\x1c\u00a0"),
    submitted(title="x", sections=[{"text": " "}]),
    submitted(title="x", text="y", unknown=1),
    submitted(title="x", text="y", sdgs=["1"]),
    submitted(title="x", text="y", sdgs=[18]),
    submitted(title="x", text="y", sdgs=[True]),
    submitted(title="x", text="y", illustrative="yes"),
    submitted(title="x", text="y", themes=["Not A Slug"]),
    submitted(title="x", text="y", budget={"amount": "1", "currency": "EUR"}),
    submitted(title="x", text="y", documents=[DOCUMENT]),
    submitted(title="x", documents=[DOCUMENT] * 11),
    submitted(title="x", documents=[{"filename": "a.txt", "content": ""}]),
    submitted(title="x", documents=[{"filename": "a.txt", "content": "aGV"}]),
    submitted(title="x", documents=[{"filename": "a.txt", "content": "aG\nVq"}]),
    submitted(title="x", text="y") | {"source": "/partners/"},
    submitted(title="x", text="y") | {"source": "/partners/Norr"},
    submitted(title="x", text="y") | {"source": "/partners/norr or so"},
    submitted(title="x", text="y") | {"time": "2026-05-04T12:00:00"},
    submitted(title="x", text="y") | {"time": 1_777_896_000},
    submitted(title="x", text="y") | {"id": ""},
    submitted(title="x", text="y") | {"specversion": "0.3"},
    submitted(title="x", text="y") | {"type": "report.corrected"},
    withdrawn(),
    withdrawn(external_id=None, report_id=None),
    withdrawn(external_id="a", report_id="6f9619ff-8b86-5011-b42d-00cf4fc964ff"),
    withdrawn(report_id="2021-04"),
    withdrawn(external_id="a", reason="b"),
]


@pytest.mark.parametrize("message", TAKEN, ids=repr)
def test_what_both_take(message: Json) -> None:
    assert schema_takes(message)
    assert ingest_takes(message)


@pytest.mark.parametrize("message", REFUSED, ids=repr)
def test_what_both_refuse(message: Json) -> None:
    assert not schema_takes(message)
    assert not ingest_takes(message)


BEYOND = [
    submitted(title="x", text="y", period={"start": "2026-02-01", "end": "2026-01-01"}),
    submitted(title="x", text="y", sdgs=[1.0]),
]


@pytest.mark.parametrize("message", BEYOND, ids=repr)
def test_what_json_schema_has_no_words_for(message: Json) -> None:
    """The rules that stand in the schema's description: there are no others."""
    assert schema_takes(message)
    assert not ingest_takes(message)
