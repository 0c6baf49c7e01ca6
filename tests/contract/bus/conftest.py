"""One broker for all bus tests: the one that KAFKA_BOOTSTRAP names, or a noida-db of our own."""

import gc
import os
import warnings
from collections.abc import Iterator

import pytest

from libs.bus.local_broker import LocalBroker
from tests.contract.bus.stage import Stage, free_port, settings_for


@pytest.fixture(autouse=True)
def refused_sockets() -> Iterator[None]:
    """kafka-python leaves the sockets of refused connections to the garbage collector.

    They are collected here, without a warning, and not in some later test that knows nothing.
    """
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if given := os.environ.get("KAFKA_BOOTSTRAP"):
        yield given
        return
    with LocalBroker(tmp_path_factory.mktemp("broker"), free_port()) as broker:
        yield broker.bootstrap


@pytest.fixture
def stage(bootstrap: str) -> Iterator[Stage]:
    stage = Stage(settings_for(bootstrap))
    yield stage
    stage.close()


@pytest.fixture
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    """A broker that the test may kill; it comes back after half a second."""
    data = tmp_path_factory.mktemp("own-broker")
    with LocalBroker(data, free_port(), restart_s=0.5) as broker:
        yield broker


@pytest.fixture
def own_stage(own_broker: LocalBroker) -> Iterator[Stage]:
    stage = Stage(settings_for(own_broker.bootstrap))
    yield stage
    stage.close()
