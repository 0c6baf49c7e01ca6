"""Messages of partners as the published contract shows them. Tests hold them to it."""

from typing import Any, Final

Json = dict[str, Any]

_ENVELOPE: Final[Json] = {
    "specversion": "1.0",
    "source": "/partners/norrbotten",
    "time": "2026-05-04T12:00:00Z",
}
_TEXT = (
    "Bussen mellan byarna kördes tom. Vi lät resenärerna ringa efter den i stället. Efter ett år "
    "hade antalet resor fördubblats, och de flesta som åkte var över sjuttio år."
)

EXAMPLES: Final[dict[str, dict[str, Json]]] = {
    "report.submitted": {
        "A report with its text": {
            **_ENVELOPE,
            "id": "5f0c7f2e-0d2a-4f7e-9a57-6f1d4c2b8e01",
            "type": "report.submitted",
            "data": {
                "external_id": "2021-04",
                "title": "Byabussen på beställning",
                "language": "sv",
                "places": [{"country": "SE", "nuts": "SE332", "name": "Pajala"}],
                "text": _TEXT,
            },
        },
        "A report in a document": {
            **_ENVELOPE,
            "id": "5f0c7f2e-0d2a-4f7e-9a57-6f1d4c2b8e02",
            "type": "report.submitted",
            "data": {
                "external_id": "2021-05",
                "title": "Grannar på nätet",
                "documents": [
                    {
                        "filename": "slutrapport.md",
                        "media_type": "text/markdown",
                        "content": "IyBHcmFubmFyIHDDpSBuw6R0ZXQKClZpIGzDpHJkZSB2YXJhbmRyYS4K",
                    }
                ],
            },
        },
    },
    "report.withdrawn": {
        "A report is taken back": {
            **_ENVELOPE,
            "id": "5f0c7f2e-0d2a-4f7e-9a57-6f1d4c2b8e03",
            "type": "report.withdrawn",
            "data": {"external_id": "2021-04"},
        }
    },
}
