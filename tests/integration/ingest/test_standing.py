"""What a new collection is built from: the settled version of each report."""

from libs.database.engine import Database
from services.ingest.standing import standing_reports
from tests.integration.ingest.test_accounts import Books


def test_the_settled_version_of_each_report_is_listed(database: Database) -> None:
    books = Books(database)
    plain, replaced = books.index(books.submit("plain")), books.index(books.submit("r"))
    books.index(books.submit("r", "Ny"))
    waiting = books.index(books.submit("w"))
    books.submit("w", "Ny")
    gone = books.index(books.submit("gone"))
    books.withdraw(gone)
    again = books.index(books.submit("again"))
    books.withdraw(again)
    books.index(books.submit("again", "Ny"))
    books.submit("new")
    books.reject(books.submit("rejected"))

    expected = {
        plain.report_id: (1, False),
        replaced.report_id: (2, False),
        waiting.report_id: (1, False),
        gone.report_id: (1, True),
        again.report_id: (2, False),
    }
    with database.read() as session:
        page = standing_reports(session, after="", limit=500)
        assert {i.report_id: (i.version, i.withdrawn) for i in page.items} == expected
        assert (page.reports, page.passages, page.next) == (4, 16, None)
        found, after = [], ""
        while True:
            page = standing_reports(session, after=after, limit=2)
            found += [item.report_id for item in page.items]
            if page.next is None:
                break
            after = page.next
        assert page.reports is None, "only the first page counts"
    assert found == sorted(expected)
