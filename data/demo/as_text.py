"""Writes a report as HTML page, as Markdown, or as the JSON of a submission."""

import html
import json

from markdown_it import MarkdownIt
from source import Source
from wording import byline, facts, illustrative

from libs.events.report import ReportSubmission
from services.ingest.parsing.markdown import parse_markdown

_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 42rem; margin: 2rem auto; padding: 0 1rem; color: #222;
  font: 1.05rem/1.55 Georgia, serif; }}
h1, h2 {{ color: #1f4e5f; line-height: 1.25; }}
blockquote {{ margin: 1.5rem 0; padding-left: 1rem; border-left: 3px solid #9ab; color: #555; }}
table {{ border-collapse: collapse; width: 100%; margin: 1.5rem 0; font-size: .95rem; }}
th, td {{ padding: .35rem .6rem; border-bottom: 1px solid #ccc; text-align: left; }}
.byline {{ font-style: italic; }}
.facts, footer {{ color: #666; font-size: .9rem; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="byline">{byline}</p>
<p class="facts">{facts}</p>
{body}</main>
<footer>{footer}</footer>
</body>
</html>
"""


def build_html(source: Source) -> bytes:
    """Return the report as one page that needs nothing from elsewhere."""
    metadata = source.metadata
    page = _PAGE.format(
        language=metadata["language"],
        title=html.escape(metadata["title"]),
        byline=html.escape(byline(metadata)),
        facts=html.escape(facts(metadata)),
        body=MarkdownIt("commonmark").enable("table").render(source.body),
        footer=html.escape(illustrative(metadata)),
    )
    return page.encode()


def build_markdown(source: Source) -> bytes:
    """Return the report as Markdown, its title as the top heading."""
    metadata = source.metadata
    head = f"# {metadata['title']}\n\n*{byline(metadata)}*\n\n{facts(metadata)}\n\n"
    return (head + source.body).encode()


def build_json(source: Source) -> bytes:
    """Return the report as a `ReportSubmission` in sections."""
    sections = [
        {"heading": section.heading, "text": section.text}
        if section.heading
        else {"text": section.text}
        for section in parse_markdown(source.body.encode()).sections
    ]
    return as_json({**source.metadata, "sections": sections}, ReportSubmission)


def as_json(value: dict[str, object], model: type) -> bytes:
    """Return `value` as JSON; a value that the model does not take is an error here."""
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    model.model_validate_json(text)  # type: ignore[attr-defined]
    return text.encode()
