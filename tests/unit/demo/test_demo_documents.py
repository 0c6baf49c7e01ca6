"""The demonstration collection: complete, valid, and built from its sources as they stand."""

import importlib.util
import json
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from libs.events.report import ReportMetadata, ReportSubmission
from services.ingest.parsing.detection import sniff
from services.ingest.parsing.parser import parse

DEMO = Path(__file__).parents[3] / "data" / "demo"
REPORTS = sorted((DEMO / "reports").glob("*.md"))
METHODS = sorted((DEMO / "methods").glob("*.json"))
SUFFIXES = {"pdf": ".pdf", "docx": ".docx", "html": ".html", "markdown": ".md", "json": ".json"}
LANGUAGES = {"sv", "fi", "et", "lv", "lt", "pl", "de", "da", "nb", "en"}


def load_source_module():
    spec = importlib.util.spec_from_file_location("demo_source", DEMO / "source.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


read_source = load_source_module().read_source


def words(text):
    return Counter(re.findall(r"\w+", unicodedata.normalize("NFC", text).casefold()))


def built_text(source):
    path = DEMO / "documents" / f"{source.slug}{SUFFIXES[source.format]}"
    content = path.read_bytes()
    if source.format == "json":
        sections = ReportSubmission.model_validate_json(content).sections
    else:
        document = parse(content, sniff(content, None, path.name))
        assert document.title == source.metadata["title"]
        sections = document.sections
    return "\n\n".join(f"{section.heading or ''}\n{section.text}" for section in sections)


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_document_is_in_step_with_its_source(path):
    source = read_source(path)
    found = words(built_text(source))
    for paragraph in re.split(r"\n\s*\n", source.body):
        wanted = words(paragraph)
        present = sum((wanted & found).values())
        assert present >= 0.97 * wanted.total(), paragraph


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_headings_are_the_source_s(path):
    source = read_source(path)
    text = built_text(source).splitlines()
    headings = re.findall(r"^## +(.+)$", source.body, re.MULTILINE)
    assert headings
    assert [heading for heading in headings if heading.strip() not in text] == []


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_metadata_is_valid_and_in_step(path):
    source = read_source(path)
    metadata = ReportMetadata.model_validate_json(json.dumps(source.metadata))
    assert metadata.illustrative
    assert metadata.external_id == f"demo-{source.slug}"
    if source.format == "json":
        built = json.loads((DEMO / "documents" / f"{source.slug}.json").read_text("utf-8"))
        del built["sections"]
    else:
        built = json.loads((DEMO / "documents" / f"{source.slug}.meta.json").read_text("utf-8"))
    assert built == source.metadata


def methods():
    return [
        (path.stem, ReportSubmission.model_validate_json(json.dumps(entry)))
        for path in METHODS
        for entry in json.loads(path.read_text("utf-8"))
    ]


def test_methods_are_valid():
    for theme, entry in methods():
        assert entry.illustrative
        assert theme in entry.themes
        assert [section.kind for section in entry.sections if section.kind is None] == []


def test_the_collection_is_complete():
    sources = [read_source(path) for path in REPORTS]
    entries = [entry for _, entry in methods()]
    ids = [source.metadata["external_id"] for source in sources]
    ids += [entry.external_id for entry in entries]
    assert len(sources) == 13
    assert len(entries) == 60
    assert len(set(ids)) == 73
    assert {source.metadata["language"] for source in sources} == LANGUAGES
    assert Counter(entry.language for entry in entries) == dict.fromkeys(LANGUAGES, 6)


def test_there_is_no_document_without_a_source():
    expected = set()
    for source in map(read_source, REPORTS):
        expected.add(f"{source.slug}{SUFFIXES[source.format]}")
        if source.format != "json":
            expected.add(f"{source.slug}.meta.json")
    assert {path.name for path in (DEMO / "documents").iterdir()} == expected
