"""A SQLite file that several open, or write to, at the same moment."""

import threading
from pathlib import Path

from sqlalchemy import event

from libs.database.engine import Database

PROCESSES = 4
# One round in thirty failed while the change to WAL was not tried again.
ROUNDS = 150
# How long a second writer is given to knock at the file; it must not, so the wait is whole.
CHANCE_S = 0.3


def test_a_new_file_is_opened_by_many_at_once(tmp_path: Path) -> None:
    for number in range(ROUNDS):
        databases = [Database(f"sqlite:///{tmp_path / f'{number}.db'}") for _ in range(PROCESSES)]
        barrier = threading.Barrier(PROCESSES)
        troubles: list[str | None] = []

        def look(
            database: Database,
            barrier: threading.Barrier = barrier,
            troubles: list[str | None] = troubles,
        ) -> None:
            barrier.wait(10)
            troubles.append(database.health())

        threads = [threading.Thread(target=look, args=(database,)) for database in databases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        for database in databases:
            database.close()
        assert troubles == [None] * PROCESSES


def test_a_writer_waits_for_the_other_and_not_for_the_file(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'one.db'}")
    begun = threading.Semaphore(0)
    event.listen(database.engine, "before_cursor_execute", lambda *_: begun.release())

    def write() -> None:
        with database.write() as session:
            session.connection()

    second = threading.Thread(target=write)
    with database.write() as session:
        session.connection()
        assert begun.acquire(timeout=10)
        second.start()
        assert not begun.acquire(timeout=CHANCE_S)
    assert begun.acquire(timeout=10)
    second.join(10)
    database.close()
