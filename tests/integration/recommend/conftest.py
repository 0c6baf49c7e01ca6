"""Recommend's own database, with its tables and no rows."""

from collections.abc import Iterator

import pytest

from libs.database.engine import Database
from services.recommend.migrations.upgrade import upgrade
from tests.integration.recommend.stage import Stage


@pytest.fixture
def own_database(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    upgrade(database.engine)
    yield database
    database.close()


@pytest.fixture
def stage(own_database: Database) -> Stage:
    return Stage(own_database)
