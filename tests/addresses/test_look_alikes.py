"""The measure of likeness: against a search through the whole book, against chance itself, and at gate and inspection alike."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.engine.controls import load_control
from sekisho.engine.memory import Memory, memory_before
from sekisho.engine.requests import TransferRequest
from sekisho.records import TABLES, records_of
from sekisho.records.addresses import Address, base58, bech32, read_address
from sekisho.rulebook import load_rulebook
from sekisho.typologies.addresses import AddressBook
from sekisho.typologies.addresses.poisoning import paid_look_alikes
from sekisho.typologies.addresses.resemblance import alike, chance_of, digits_of

RULE = load_rulebook()["transfers/poisoned_address"]
CONTROL = load_control(RULE)
BITS, CHANCE = 18.0, 0.0005
HEX, WITNESS, BASE58 = "0123456789abcdef", "qpzry9x8gf2tvdw0s3jn54khce6mua7l", base58.BITCOIN


def hexadecimal(content: bytes) -> Address:
    return read_address(f"0x{content.hex()}")


def witness(content: bytes) -> Address:
    return read_address(bech32.encoded("bc", [0, *bech32.five_bits(content)], bech32.BECH32))


def tron(content: bytes) -> Address:
    return read_address(base58.check_encoded(b"\x41" + content))


def resembling(known: Address, first: int, last: int, letters: str, rng: random.Random) -> Address:
    """What an attacker makes: the first and last characters of another's address, the next ones on either side differing."""
    core = known.account[known.fixed :]
    middle = [rng.choice(letters) for _ in range(len(core) - first - last)]
    for at, original in ((0, core[first]), (-1, core[len(core) - last - 1])):
        while middle[at].lower() == original.lower():
            middle[at] = rng.choice(letters)
    made = core[:first] + "".join(middle) + (core[-last:] if last else "")
    return known._replace(account=known.account[: known.fixed] + made)


@pytest.mark.parametrize("make", [hexadecimal, witness, tron])
def test_the_index_finds_what_a_search_through_all_finds(make: object) -> None:
    rng = random.Random(5)
    letters = {hexadecimal: HEX, witness: WITNESS, tron: BASE58}[make]  # type: ignore[index]
    known = [make(rng.randbytes(20)) for _ in range(300)]  # type: ignore[operator]
    book = AddressBook(known)
    for _ in range(400):
        first, last = rng.randrange(8), rng.randrange(8)
        one = resembling(rng.choice(known), first, last, letters, rng)
        digits = digits_of(one.digits, one.account[: one.fixed])
        scores = [score.bits for each in known if (score := alike(each, one, digits, BITS)) is not None]
        found = book.nearest(one, BITS)
        contiguous = (first >= 2 and last >= 2) or max(first, last) >= 4
        if found is None:
            assert not scores or not contiguous, (one, first, last)
        else:
            assert found.bits == max(scores)
            assert (found.first, found.last) == (first, last)


@pytest.mark.parametrize(
    ("first", "last", "size", "alert"),
    [
        (4, 4, 1000, True),
        (3, 4, 1000, True),
        (4, 3, 1000, True),
        (3, 3, 1000, True),
        (2, 4, 1000, True),
        (2, 5, 1000, True),
        (0, 6, 1000, True),
        (6, 0, 10, False),
        (7, 0, 100, True),
        (5, 2, 1000, True),
        (0, 6, 100, True),
        (2, 3, 100, True),
        (1, 5, 100, True),
        (2, 2, 1, False),
        (4, 0, 1, False),
        (2, 3, 1000, False),
        (3, 4, 20000, True),
    ],
)
def test_which_shapes_are_told_in_which_books(first: int, last: int, size: int, alert: bool) -> None:
    rng = random.Random(9)
    known = [hexadecimal(rng.randbytes(20)) for _ in range(size)]
    book = AddressBook(known)
    told = 0
    for _ in range(30):
        found = book.nearest(resembling(rng.choice(known), first, last, HEX, rng), BITS)
        told += found is not None and found.chance <= CHANCE
    assert told > 27 if alert else told < 5


def test_the_chance_is_what_chance_does() -> None:
    """Shapes of about 12 bits, frequent enough to count: as many random pairs reach them as the measure says."""
    rng = random.Random(3)
    digits = digits_of("hex", "0x")
    pairs = 60_000
    bits = [
        one.bits for _ in range(pairs) if (one := alike(hexadecimal(rng.randbytes(20)), hexadecimal(rng.randbytes(20)), digits, 4))
    ]
    for at_least in (5.0, 7.9, 10.8):
        expected = pairs * chance_of(at_least, digits)
        seen = sum(score >= at_least - 0.002 for score in bits)
        assert abs(seen - expected) < 4.5 * expected**0.5 + 0.02 * expected, (at_least, seen, expected)


def test_a_beginning_that_many_share_tells_little() -> None:
    rng = random.Random(2)
    vanity = [hexadecimal(bytes.fromhex("0000000000") + rng.randbytes(15)) for _ in range(12)]
    brand = [hexadecimal(bytes.fromhex("b1a2c3d4") + rng.randbytes(16)) for _ in range(12)]
    book = AddressBook([*vanity, *brand, *(hexadecimal(rng.randbytes(20)) for _ in range(200))])
    for prefix in ("0000000000", "b1a2c3d4"):
        for _ in range(50):
            found = book.nearest(hexadecimal(bytes.fromhex(prefix) + rng.randbytes(20 - len(prefix) // 2)), BITS)
            assert found is None or found.chance > CHANCE or found.last > 1
    poisoned = resembling(brand[0], 8, 5, HEX, rng)
    found = book.nearest(poisoned, BITS)
    assert found is not None
    assert found.known == brand[0]
    assert found.chance <= CHANCE


def test_letters_in_the_other_case_and_one_character_between_still_speak() -> None:
    known = read_address("TMStbg5fgb4uTV7fK1gEYF9hKAzP3siPsG")
    book = AddressBook([known])
    other_case = known._replace(account="TmsTBG5" + "x" * 20 + "3SIpSg")
    found = book.nearest(other_case, BITS)
    assert found is not None
    assert found.first < 2
    gap = hexadecimal(bytes.fromhex("a7b4b0c8" + "11" * 14 + "e90570"[:4]))
    assert AddressBook([hexadecimal(bytes.fromhex("a7b4bac8" + "22" * 14 + "e905"))]).nearest(gap, BITS) is not None


@pytest.mark.parametrize(
    ("tag", "alert"),
    [("104729332", True), ("104792331", True), ("10472931", True), ("377210455", False), ("7", False), (None, False)],
)
def test_tags_of_one_account(tag: str | None, alert: bool) -> None:
    known = read_address("rnXyVQzgxZe7TR1EPzTkGj2jxH4LMJYh66", tag="104729331")
    found = AddressBook([known]).nearest(known._replace(tag=tag), BITS)
    assert (found is not None and found.chance <= CHANCE) == alert


ADDRESSES = (
    "0xa7B4BAC8f0f9692e56750aEFB5f6cB5516E90570",
    "0xa7Bf48749D2E4aA29e3209879956b9bAa9E90570",
    "0x" + "12" * 20,
    "no address",
)


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, object]]:
    """Transfers of two accounts among two addresses that look alike, another, and a text that is none."""
    at = datetime(2026, 10, 1, tzinfo=UTC)
    rows = []
    for number in range(draw(st.integers(2, 10))):
        at += timedelta(minutes=draw(st.sampled_from([0, 1, 90])), microseconds=draw(st.sampled_from([0, 1])))
        waited = draw(st.sampled_from([None, 0, 1, 60_000_000, 7_200_000_000]))
        rows.append(
            {
                "transfer_id": f"T{number}",
                "requested_at": at,
                "account_id": draw(st.sampled_from(["A1", "A1", "A2"])),
                "direction": draw(st.sampled_from(["out", "out", "out", "in"])),
                "asset": "ETH",
                "quantity": Decimal(1),
                "value_jpy": Decimal(draw(st.sampled_from([0, 1500, 1501]))),
                "address": draw(st.sampled_from(ADDRESSES)),
                "address_first_used_at": None,
                "counterparty": "unhosted",
                "released_at": None if waited is None else at + timedelta(microseconds=waited),
                "status": draw(st.sampled_from(["completed", "refused"])) if waited is None else "completed",
            }
        )
    return rows


@dataclass
class _View:
    """A gate's memory that has learnt everything before a request."""

    memory: Memory

    def transfers(self, account_id: str, since: datetime) -> object:
        return self.memory.transfers(account_id, since)

    def address_book(self, account_id: str) -> AddressBook:
        return self.memory.address_book(account_id)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_gate_and_inspection_agree(rows: list[dict[str, object]]) -> None:
    parameters = RULE.parameters_in("PSA-2026", date(2026, 10, 1), date(2026, 10, 1), {})
    kinds = {column.name: column for column in TABLES["transfer"].columns}
    table = pa.Table.from_pylist([{name: row.get(name) for name in kinds} for row in rows], schema=_schema())
    records = records_of({"transfer": table})
    assert CONTROL.detect is not None
    assert CONTROL.decide is not None
    told = {one.transfer_id for one in paid_look_alikes(records, parameters)}
    named = {each.id for found in CONTROL.detect(records, parameters) for each in found.evidence}
    stopped = set()
    for row in rows:
        request = TransferRequest(**{name: row[name] for name in TransferRequest.__struct_fields__ if name in row})  # type: ignore[arg-type]
        view = _View(memory_before(records, request.requested_at))
        left = request.direction == "out" and (row["status"] == "completed" or row["released_at"] is not None)
        if left and list(CONTROL.decide(request, view, parameters)):  # type: ignore[arg-type]
            stopped.add(request.transfer_id)
    assert told == stopped
    assert told <= named
    assert bool(told) == bool(named)


def _schema() -> pa.Schema:
    kinds = {"string": pa.string(), "decimal": pa.decimal128(38, 18), "time": pa.timestamp("us", "UTC")}
    return pa.schema([(column.name, kinds[column.kind]) for column in TABLES["transfer"].columns])


def test_a_memory_keeps_a_book_that_grows_with_what_leaves() -> None:
    memory = Memory()
    row = {
        "requested_at": datetime(2026, 10, 1, tzinfo=UTC),
        "account_id": "A1",
        "direction": "out",
        "asset": "ETH",
        "quantity": Decimal(1),
        "value_jpy": Decimal(1),
    }
    first, second = read_address(ADDRESSES[0]), read_address(ADDRESSES[1])
    memory.learn("transfer", {**row, "transfer_id": "T1", "address": ADDRESSES[0], "status": "completed"})
    assert first in memory.address_book("A1")
    memory.learn("transfer", {**row, "transfer_id": "T2", "address": ADDRESSES[1], "status": "held"})
    assert second not in memory.address_book("A1")
    memory.learn("transfer", {**row, "transfer_id": "T2", "address": ADDRESSES[1], "status": "released"})
    assert second in memory.address_book("A1")
    memory.learn("transfer", {**row, "transfer_id": "T2", "address": ADDRESSES[1], "status": "refused"})
    assert second not in memory.address_book("A1")
