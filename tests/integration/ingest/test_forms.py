"""Forms that no browser makes are refused, and never a bug."""

import pytest

from libs.database.engine import Database
from tests.integration.ingest.asking import ask
from tests.integration.ingest.many import an_app, post
from tests.integration.ingest.stage import Stage

HALF = b"\\ud800"
METADATA = b'"metadata"\r\n\r\n{"title": "' + HALF + b'"}'
NAMES = {"metadata": METADATA, "in-a-name": b'"' + HALF + b'"\r\n\r\nx', "plain": b'"a"\r\n\r\nx'}
CODECS = ["punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7", "latin-1", "?"]


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def form(part: bytes) -> bytes:
    head = b"--x\r\nContent-Disposition: form-data; name="
    file = head + b'"document"; filename="a.txt"\r\n\r\nText\r\n'
    return file + head + part + b"\r\n--x--\r\n"


@pytest.mark.parametrize("charset", CODECS)
@pytest.mark.parametrize("part", NAMES)
def test_another_charset_than_utf_8_is_refused(stage: Stage, charset: str, part: str) -> None:
    headers = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    body = form(NAMES[part])
    for answer in (
        ask(stage, "POST", "/v1/reports", content=body, headers=headers),
        post(an_app(stage), "/v1/bulk/table", content=body, headers=headers),
    ):
        assert answer.status_code == 415, answer.text
        assert "UTF-8" in answer.json()["detail"]


@pytest.mark.parametrize("charset", ["utf-8", "UTF8"])
def test_utf_8_may_be_named(stage: Stage, charset: str) -> None:
    headers = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    body = form(b'"metadata"\r\n\r\n{"title": "\xc3\xa5"}')
    assert ask(stage, "POST", "/v1/reports", content=body, headers=headers).status_code == 202
