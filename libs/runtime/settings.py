"""What the platform can be told from outside, in one place: every `NAVIGATOR_…` of all services.

Settings are built once, frozen, and passed down. `navigator config show` prints them.
"""

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from libs.bus.settings import BusSettings
from libs.errors import FieldError, InvalidInput
from libs.vectors.settings import VectorSettings

S = TypeVar("S", bound=BaseSettings)
Port = Annotated[int, Field(ge=1, le=65_535)]
ServiceName = Literal["ingest", "embed", "recommend", "gateway"]
SERVICE_NAMES: tuple[ServiceName, ...] = ("ingest", "embed", "recommend", "gateway")


class PlatformSettings(BaseSettings):
    """Where things are and how the parts reach each other; the same for every service."""

    model_config = SettingsConfigDict(env_prefix="NAVIGATOR_", frozen=True, extra="ignore")

    data_dir: Annotated[Path, Field(description="Folder of the embedded parts' data.")] = Path(
        "var"
    )
    host: Annotated[str, Field(description="Address that the services listen on.")] = "127.0.0.1"
    instance: Annotated[
        str, Field(description="Name of this replica, stable over restarts (pod name).")
    ] = "0"

    gateway_port: Annotated[Port, Field(description="Port of the page and the API.")] = 8080
    ingest_port: Annotated[Port, Field(description="Port of ingest.")] = 8081
    embed_port: Annotated[Port, Field(description="Port of embed.")] = 8082
    recommend_port: Annotated[Port, Field(description="Port of recommend.")] = 8083
    gateway_url: Annotated[
        str | None,
        Field(description="Where others reach the gateway. Default: this host and port."),
    ] = None
    ingest_url: Annotated[
        str | None, Field(description="Where others reach ingest. Default: this host and port.")
    ] = None
    embed_url: Annotated[
        str | None, Field(description="Where others reach embed. Default: this host and port.")
    ] = None
    recommend_url: Annotated[
        str | None, Field(description="Where others reach recommend. Default: this host and port.")
    ] = None

    kafka_bootstrap: Annotated[
        str | None, Field(description="host:port of a Kafka broker. Default: the embedded one.")
    ] = None
    kafka_port: Annotated[Port, Field(description="Port of the embedded broker.")] = 19_092
    kafka_partitions: Annotated[
        int, Field(ge=1, le=1_000, description="Of topics that are made here.")
    ] = 6
    kafka_replication: Annotated[
        int, Field(ge=1, le=10, description="Of topics that are made here.")
    ] = 1
    kafka_retention_s: Annotated[
        float, Field(gt=0, description="Seconds that topics made here keep events.")
    ] = 3_600.0
    kafka_security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        Field(description="How to connect to the broker."),
    ] = "PLAINTEXT"
    kafka_sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None,
        Field(description="How to log in to the broker, where it asks for that."),
    ] = None
    kafka_sasl_username: Annotated[str | None, Field(description="The broker's user.")] = None
    kafka_sasl_password: Annotated[
        SecretStr | None, Field(description="The broker's password.")
    ] = None
    kafka_ca_file: Annotated[
        Path | None, Field(description="Certificate authority of the broker, PEM.")
    ] = None

    database_url: Annotated[
        str | None,
        Field(description="SQLAlchemy URL, e.g. postgresql+psycopg://… Default: SQLite."),
    ] = None
    qdrant_url: Annotated[
        str | None, Field(description="A Qdrant server. Default: the engine in the process.")
    ] = None
    qdrant_api_key: Annotated[SecretStr | None, Field(description="The server's key.")] = None
    collection: Annotated[
        str, Field(pattern=r"^[a-z0-9_-]+$", description="Name of the collection of passages.")
    ] = "passages"

    otlp_endpoint: Annotated[
        str | None, Field(description="OTLP/HTTP collector. Default: traces stay in the process.")
    ] = None
    trace_ring: Annotated[int, Field(ge=10, description="Traces kept for /ops/traces.")] = 500
    log_format: Annotated[
        Literal["text", "json"], Field(description="Readable, or a JSON object a line.")
    ] = "text"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="Least that is logged.")
    ] = "info"
    max_body_bytes: Annotated[
        int, Field(ge=1_000, description="Largest request body, documents included.")
    ] = 25_000_000
    max_bulk_bytes: Annotated[
        int, Field(ge=1_000, description="Largest NDJSON stream of many reports in one request.")
    ] = 2_000_000_000

    def port_of(self, service: ServiceName) -> int:
        """The port a service listens on."""
        return int(getattr(self, f"{service}_port"))

    def url_of(self, service: ServiceName) -> str:
        """The base URL at which the other services reach this one, without a slash at its end."""
        url: str | None = getattr(self, f"{service}_url")
        if url:
            return url.rstrip("/")
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self.port_of(service)}"

    @property
    def embedded_broker(self) -> bool:
        """True when Navigator runs a broker of its own."""
        return self.kafka_bootstrap is None

    @property
    def sql_url(self) -> str:
        """The database's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'navigator.db'}"

    def bus(self) -> BusSettings:
        """The part that libs.bus needs."""
        return BusSettings(
            bootstrap=self.kafka_bootstrap or f"127.0.0.1:{self.kafka_port}",
            partitions=self.kafka_partitions,
            replication=self.kafka_replication,
            retention_s=self.kafka_retention_s,
            instance=self.instance,
            security_protocol=self.kafka_security_protocol,
            sasl_mechanism=self.kafka_sasl_mechanism,
            sasl_username=self.kafka_sasl_username,
            sasl_password=self.kafka_sasl_password,
            ca_file=str(self.kafka_ca_file) if self.kafka_ca_file else None,
        )

    def vectors(self) -> VectorSettings:
        """The part that libs.vectors needs."""
        return VectorSettings(
            path=self.data_dir / "index",
            url=self.qdrant_url,
            api_key=self.qdrant_api_key,
            collection=self.collection,
        )


def read_settings(settings: type[S]) -> S:
    """The settings from the environment. Raises InvalidInput that names the wrong variables."""
    try:
        return settings()
    except ValidationError as error:
        wrong = tuple(
            FieldError(variable(settings, "_".join(map(str, found["loc"]))), found["msg"])
            for found in error.errors()
        )
        told = "; ".join(f"{each.pointer}: {each.detail}" for each in wrong)
        raise InvalidInput(f"A setting is wrong. {told}", errors=wrong) from error


def variable(settings: type[BaseSettings], field: str) -> str:
    """The environment variable of a field."""
    return f"{settings.model_config.get('env_prefix', '')}{field}".upper()
