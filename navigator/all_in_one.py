"""Services by name, in one process: `all` is a list, not a mode."""

import fcntl
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from libs.bus.local_broker import LocalBroker
from libs.errors import Conflict, Unavailable
from libs.runtime.platform import Platform
from libs.runtime.runner import Runner, bind
from libs.runtime.service import Service
from libs.runtime.settings import SERVICE_NAMES, PlatformSettings, ServiceName, read_settings

BROKER = "broker"
ALL: tuple[str, ...] = (BROKER, *SERVICE_NAMES)


@contextmanager
def running(names: Sequence[str], settings: PlatformSettings) -> Iterator[Runner]:
    """The named parts, started; stopped and closed at the end, in the opposite order.

    Raises Conflict for a taken port or data folder, Unavailable for a broker that does not start.
    """
    services = [name for name in SERVICE_NAMES if name in names]
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(_only_one(name, settings))
        listeners = {name: _open_port(stack, name, settings) for name in services}
        if BROKER in names and settings.embedded_broker:
            broker = LocalBroker(settings.data_dir / "broker", settings.kafka_port)
            broker.start()
            stack.callback(broker.stop)
        platform = Platform(settings)
        stack.callback(platform.close)
        built = [(build(name, platform), listeners[name]) for name in services]
        runner = Runner(built)
        stack.callback(runner.stop)
        runner.start()
        yield runner


def build(name: ServiceName, platform: Platform) -> Service:
    """A service, built by its own `app.build`."""
    return _BUILDERS[name](platform)


def _ingest(platform: Platform) -> Service:
    from services.ingest.app import build as build_ingest
    from services.ingest.settings import IngestSettings

    return build_ingest(read_settings(IngestSettings), platform)


def _embed(platform: Platform) -> Service:
    from services.embed.app import build as build_embed
    from services.embed.settings import EmbedSettings

    return build_embed(read_settings(EmbedSettings), platform)


def _recommend(platform: Platform) -> Service:
    from services.recommend.app import build as build_recommend
    from services.recommend.settings import RecommendSettings

    return build_recommend(read_settings(RecommendSettings), platform)


def _gateway(platform: Platform) -> Service:
    from services.gateway.app import build as build_gateway
    from services.gateway.settings import GatewaySettings

    return build_gateway(read_settings(GatewaySettings), platform)


# Each imports its service when asked: an image holds the libraries of its own service only.
_BUILDERS: dict[ServiceName, Callable[[Platform], Service]] = {
    "ingest": _ingest,
    "embed": _embed,
    "recommend": _recommend,
    "gateway": _gateway,
}


def _open_port(stack: ExitStack, name: ServiceName, settings: PlatformSettings) -> socket.socket:
    listener = bind(name, settings.host, settings.port_of(name))
    stack.callback(listener.close)
    return listener


@contextmanager
def _only_one(name: str, settings: PlatformSettings) -> Iterator[None]:
    # The kernel drops the lock with the process, however it ends.
    folder = settings.data_dir / "locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Unavailable(
            f"The data folder {settings.data_dir.resolve()} cannot be written to "
            f"({error.strerror}). Set NAVIGATOR_DATA_DIR to one that can."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(
                f"{name} already runs on the data in {settings.data_dir.resolve()}. Stop it, or "
                "set NAVIGATOR_DATA_DIR to another folder.",
                code="already-running",
            ) from error
        yield
    finally:
        os.close(descriptor)
