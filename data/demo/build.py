"""Builds the demonstration documents from their sources: `python data/demo/build.py`.

Every `reports/<slug>.md` becomes `documents/<slug>.<format>`, and, unless that is JSON,
`documents/<slug>.meta.json` with its metadata. Run twice, it changes nothing.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from as_docx import build_docx
from as_pdf import build_pdf
from as_text import as_json, build_html, build_json, build_markdown
from source import Source, read_source

from libs.events.report import ReportMetadata

HERE = Path(__file__).resolve().parent
BUILDERS: Mapping[str, tuple[str, Callable[[Source], bytes]]] = MappingProxyType(
    {
        "pdf": (".pdf", build_pdf),
        "docx": (".docx", build_docx),
        "html": (".html", build_html),
        "markdown": (".md", build_markdown),
        "json": (".json", build_json),
    }
)


def main() -> None:
    """Build all documents and remove those whose source is gone."""
    target = HERE / "documents"
    target.mkdir(exist_ok=True)
    made = set()
    for path in sorted((HERE / "reports").glob("*.md")):
        source = read_source(path)
        suffix, build = BUILDERS[source.format]
        files = {f"{source.slug}{suffix}": build(source)}
        if source.format != "json":
            files[f"{source.slug}.meta.json"] = as_json(source.metadata, ReportMetadata)
        for name, content in files.items():
            (target / name).write_bytes(content)
            sys.stdout.write(f"{name}: {len(content):,} bytes\n")
        made.update(files)
    for stale in {path.name for path in target.iterdir()} - made:
        (target / stale).unlink()


if __name__ == "__main__":
    main()
