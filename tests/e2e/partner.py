"""A partner of the end-to-end tests: it writes to its topic and reads its dead letters."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka.consumer.fetcher import ConsumerRecord

from tests.e2e.processes import Installation, eventually


class Partner:
    """One region."""

    def __init__(self, installation: Installation, region: str) -> None:
        self.region = region
        self.topic = f"partner.{region}.reports.v1"
        self.bootstrap = f"127.0.0.1:{installation.ports['kafka']}"

    def event(self, number: int, data: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """The numbered event; a higher number is a later one."""
        return {
            "specversion": "1.0",
            "id": f"{self.region}-{number}",
            "source": f"/partners/{self.region}",
            "type": "report.submitted",
            "time": f"2025-05-04T12:00:{number:02}Z",
            "data": data,
        } | changes

    def send(self, *events: dict[str, Any] | bytes, **more: Any) -> None:
        """Write events to the topic; they are safe there when this returns."""
        with closing(KafkaProducer(bootstrap_servers=self.bootstrap)) as producer:
            for event in events:
                value = event if isinstance(event, bytes) else json.dumps(event).encode()
                producer.send(self.topic, value, b"key", **more).get(30)

    def dead_letters(self, count: int) -> list[ConsumerRecord]:
        """The first dead letters, in the order in which they came."""
        with self._reading(f"{self.topic}.dlq") as client:
            found: list[ConsumerRecord] = []

            def enough() -> bool:
                for records in client.poll(200).values():
                    found.extend(records)
                return len(found) >= count

            eventually(enough, within=60, what=f"{count} dead letters")
        return sorted(found, key=lambda letter: letter.timestamp)

    @contextmanager
    def _reading(self, topic: str) -> Iterator[KafkaConsumer]:
        options = {"auto_offset_reset": "earliest", "metadata_max_age_ms": 1_000}
        with closing(KafkaConsumer(bootstrap_servers=self.bootstrap, **options)) as client:
            client.subscribe([topic])
            yield client
