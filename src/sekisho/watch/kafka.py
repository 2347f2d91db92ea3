"""A Kafka topic for each table of events as a source: one JSON object a message, with the table's columns.

Topics are named after the tables, with a prefix where wanted. Positions are kept in the watch's own journal, committed together
with the events themselves, not in the consumer group: so nothing is taken twice and nothing is lost, whatever crashes.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from sekisho.records import RecordsError
from sekisho.watch.journal import Position
from sekisho.watch.received import EVENTS, Received

MESSAGES_MAX: Final = 200_000
_WAIT_SECONDS: Final = 0.2
_ANSWER_SECONDS: Final = 10.0


class Kafka:
    """The topics of a cluster. ``advance`` takes in what has come since."""

    def __init__(self, servers: str, prefix: str, positions: dict[str, Position]) -> None:
        try:
            from confluent_kafka import Consumer
        except ImportError:
            raise RecordsError("--kafka", "needs the Kafka client", "pip install 'sekisho[kafka]'") from None
        self._prefix = prefix
        self._positions = positions
        self._consumer: Any = Consumer(
            {
                "bootstrap.servers": servers,
                "group.id": "sekisho-watch",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "queued.max.messages.kbytes": 262_144,
            }
        )
        self._assign(servers)

    def advance(self, received: Received) -> int:
        """Take in one batch of messages of every topic; returns the number of events."""
        batches: dict[tuple[str, int], list[bytes]] = defaultdict(list)
        ends: dict[tuple[str, int], int] = {}
        for message in self._consumer.consume(MESSAGES_MAX, _WAIT_SECONDS):
            if message.error():
                raise RecordsError("--kafka", f"the broker says: {message.error()}", "check the broker and the topics")
            place = (message.topic(), message.partition())
            batches[place].append(message.value() or b"")
            ends[place] = message.offset() + 1
        return sum(self._take(place, messages, ends[place], received) for place, messages in sorted(batches.items()))

    def close(self) -> None:
        """Leave the cluster."""
        self._consumer.close()

    def _assign(self, servers: str) -> None:
        from confluent_kafka import KafkaException, TopicPartition

        wanted = []
        try:
            for table in EVENTS:
                topic = f"{self._prefix}{table}"
                known = self._consumer.list_topics(topic, timeout=_ANSWER_SECONDS).topics[topic]
                for partition in known.partitions:
                    low, _ = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_ANSWER_SECONDS)
                    stands = self._positions.get(_source(topic, partition), Position(low)).offset
                    if stands < low:
                        problem = (
                            f"topic {topic}, partition {partition}: offset {stands} is no longer kept; the broker begins at {low}"
                        )
                        raise RecordsError("--kafka", problem, "events are missing; start a new watch folder and say so")
                    wanted.append(TopicPartition(topic, partition, stands))
        except KafkaException as error:
            raise RecordsError(
                "--kafka", f"{servers} does not answer: {error.args[0]}", "check the address and the broker"
            ) from None
        if not wanted:
            topics = ", ".join(f"{self._prefix}{table}" for table in EVENTS)
            raise RecordsError("--kafka", f"there are no topics {topics}", "create them, or give --topic-prefix")
        self._consumer.assign(wanted)

    def _take(self, place: tuple[str, int], messages: list[bytes], end: int, received: Received) -> int:
        topic, partition = place
        source = _source(topic, partition)
        table = topic.removeprefix(self._prefix)
        with tempfile.TemporaryDirectory(prefix="sekisho-messages-") as folder:
            piece = Path(folder) / f"{table}.jsonl"
            piece.write_bytes(b"\n".join(message.replace(b"\n", b" ") for message in messages) + b"\n")
            try:
                rows = received.take(table, piece, {source: Position(end)})
            except RecordsError as error:
                first = end - len(messages)
                offset = "" if error.row is None else f", offset {first + error.row - 1}"
                raise RecordsError(f"{source}{offset}", error.problem, error.remedy, column=error.column) from None
        self._positions[source] = Position(end)
        return rows


def _source(topic: str, partition: int) -> str:
    return f"kafka:{topic}/{partition}"
