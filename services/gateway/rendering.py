"""From a template and what is known to a page: language, links and safe headers."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from services.gateway.translations import (
    Translation,
    chosen_language,
    preferred_language,
    read_translations,
)
from services.gateway.wording import Wording, mail_address

_FOLDER: Final = Path(__file__).parent
STATIC: Final = _FOLDER / "static"
HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    # A question stands in the address and is nobody else's business.
    "referrer-policy": "no-referrer",
    "cache-control": "private, no-cache",
    "vary": "accept-language",
}

Problem = Mapping[str, object]
"""What libs.runtime.problems says of an error."""


class Site:
    """What all pages share: templates, translations and the versions of the static files."""

    def __init__(self) -> None:
        self.translations = read_translations()
        self.environment = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._versions = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            for path in STATIC.iterdir()
        }

    def static(self, name: str) -> str:
        """The address of a static file, which changes with its content."""
        return f"/static/{name}?v={self._versions[name]}"


class Page:
    """The answer to one request."""

    def __init__(self, site: Site, request: Request) -> None:
        self._site = site
        self._query = dict(request.query_params)
        self._chosen = chosen_language(self._query.get("ui"))
        language = self._chosen or preferred_language(request.headers.get("accept-language"))
        self._texts = site.translations[language]

    @property
    def query(self) -> Mapping[str, str]:
        """The request's query parameters; of a repeated one the last."""
        return self._query

    @property
    def texts(self) -> Translation:
        """The visitor's translation."""
        return self._texts

    def url(self, path: str, **query: str | int) -> str:
        """A link within the site that keeps the language the visitor chose."""
        chosen = {"ui": self._chosen} if self._chosen else {}
        encoded = urlencode(query | chosen)
        return f"{path}?{encoded}" if encoded else path

    def link(self, address: str) -> str:
        """The same for an address within the site that may have a query and a place of its own."""
        if not self._chosen:
            return address
        parts = urlsplit(address)
        chosen = urlencode({"ui": self._chosen})
        query = f"{parts.query}&{chosen}" if parts.query else chosen
        return parts._replace(query=query).geturl()

    def show(
        self,
        template: str,
        *,
        status: int = 200,
        error: Problem | None = None,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> Response:
        """The page. With a problem it has the problem's status."""
        html = self._site.environment.get_template(template).render(
            values,
            t=self._texts,
            w=Wording(self._texts),
            url=self.url,
            link=self.link,
            static=self._site.static,
            mail_address=mail_address,
            chosen=self._chosen,
            languages=self._languages(),
            error=error,
        )
        found = int(str(error["status"])) if error else status
        return HTMLResponse(html, found, HEADERS | dict(headers or {}))

    def show_problem(self, problem: Problem, headers: Mapping[str, str]) -> Response:
        """A page that says what went wrong and what to do."""
        return self.show("error.html", error=problem, headers=headers)

    def _languages(self) -> list[tuple[str, str, str]]:
        return [
            (language, texts("language.own"), "?" + urlencode(self._query | {"ui": language}))
            for language, texts in self._site.translations.items()
        ]


class _Assets(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        # The address changes with the content, so a day-old copy is never a wrong one.
        response.headers["cache-control"] = "public, max-age=86400"
        response.headers["x-content-type-options"] = "nosniff"
        return response


def static_files() -> StaticFiles:
    """The stylesheet and the icon, to be mounted at `/static`."""
    return _Assets(directory=STATIC)
