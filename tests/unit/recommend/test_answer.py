"""An answer is sent as its models describe it, whatever stands in it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from libs.events.recommendation import MethodCard, Recommendations
from libs.events.report import Section, SectionKind
from services.recommend.answer import Answer
from services.recommend.cards import card, group
from services.recommend.record import read
from services.recommend.statements import statements
from tests.unit.recommend.test_cards import hit
from tests.unit.recommend.test_statements import HOSTILE, content

TEXTS = st.one_of(st.sampled_from((*HOSTILE, '"cards":[]', "}", '\\"')), st.text(max_size=80))


@given(TEXTS, st.lists(TEXTS, max_size=4))
def test_all_fields_and_statements_are_there(challenge: str, texts: list[str]) -> None:
    challenge = challenge.encode("utf-8", "ignore").decode()
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    report = content(
        *(Section(text=text, kind=SectionKind.RESULTS) for text in texts), lessons=tuple(texts)
    )
    (found,) = group([hit("a", 0.3, version=2)])
    made = card(found, read(report, ()), most_evidence=1)
    head = Recommendations(challenge=challenge, cards=(), model="m", trace_id=None)
    sent = Answer(head, (made, made)).json()
    told = Recommendations.model_validate_json(sent)
    assert told.challenge == challenge
    assert len(told.cards) == 2
    assert told.cards[0].statements == statements(report, ())
    assert told.cards[0].model_copy(update={"statements": ()}) == made.fields
    written = json.loads(sent)
    assert written.keys() == Recommendations.model_fields.keys()
    assert written["cards"][0].keys() == MethodCard.model_fields.keys()


def test_without_cards_there_is_an_empty_list() -> None:
    head = Recommendations(challenge="x", cards=(), model="m", trace_id=None)
    assert Recommendations.model_validate_json(Answer(head, ()).json()) == head
