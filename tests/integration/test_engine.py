"""A new SQLite file that several processes open at the same moment."""

import threading
from pathlib import Path

from libs.database.engine import Database

PROCESSES = 4
# One round in thirty failed while the change to WAL was not tried again.
ROUNDS = 150


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
