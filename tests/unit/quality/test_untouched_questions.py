"""The untouched questions stay apart from those that numbers are made of."""

import json

from navigator.demo import DEMO_FOLDER
from quality.abstention_data import LANGUAGES, OFF_TOPIC, Source, untouched


def learnt(name: str, field: str) -> set[str]:
    return {str(each[field]) for each in json.loads((DEMO_FOLDER / name).read_bytes())}


def test_none_is_among_those_learnt_from() -> None:
    new = untouched()
    assert len({example.text for example in new}) == len(new)
    texts = {example.text for example in new}
    assert not texts & (learnt("questions.json", "question") | learnt("off_topic.json", "question"))
    off = {example.group for example in new if example.source in OFF_TOPIC}
    assert not off & learnt("off_topic.json", "subject")


def test_each_language_asks_both_ways() -> None:
    sides = {(example.language, example.source is Source.ASKED) for example in untouched()}
    assert sides == {(language, asked) for language in LANGUAGES for asked in (True, False)}
    assert sum(example.source in OFF_TOPIC for example in untouched()) >= 100
    assert sum(example.source is Source.ASKED for example in untouched()) >= 50
