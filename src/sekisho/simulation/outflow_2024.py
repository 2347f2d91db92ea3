# ruff: noqa: E501, PERF401 - one record stands on one line; a row is added where its story is told
"""A ready scenario after the outflow of May 2024: 4,502.9 BTC leave a cold wallet on one person's signature, to a look-alike address.

Taken from what is public: the day, the quantity, about 48.2 billion yen, a signature by one person, keys kept together, a request
altered before it was signed (business improvement order of 2024-09-26 as reported by https://neweconomy.jp/posts/420810; the
police on 2024-12-24). Everything else is made up: names, hours, addresses, the further way of the coins, the other customers
and their balances. Around the outflow lies a month of ordinary movements, all approved: batches with change and fees, sweeps,
a large withdrawal, an approval entered late, a payment in two parts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import itemgetter
from pathlib import Path

import numpy as np

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme, write_answer_key
from sekisho.simulation.columns import write

Row = dict[str, object]

SCENARIOS = ("outflow-2024",)
RULE = "client_assets/unauthorised_outflow"
STOLEN = Decimal("4502.9")
PRICE_JPY = {"BTC": Decimal(10_704_000), "ETH": Decimal(588_000)}
"""48.2 billion yen over 4,502.9 BTC; the other price is made up."""
FIRST = datetime(2024, 5, 1, tzinfo=UTC)
DAYS = 38
STOLEN_AT = datetime(2024, 5, 31, 4, 2, 11, tzinfo=UTC)
SERVICE_MOVEMENTS = 1_200
_CENT = Decimal("0.00000001")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLERK, HEAD, SIGNER, CHECKER = "P-TREASURY-1", "P-TREASURY-2", "P-KEYS-1", "P-BOOKS-1"


@dataclass(slots=True)
class _Exchange:
    random: np.random.Generator
    accounts: int
    rows: dict[str, list[Row]] = field(default_factory=dict)
    schemes: list[Scheme] = field(default_factory=list)
    held: dict[str, Decimal] = field(default_factory=dict)
    address: dict[str, str] = field(default_factory=dict)
    number: int = 0

    def add(self, table: str, **row: object) -> Row:
        self.rows.setdefault(table, []).append(row)
        return row

    def fresh(self, asset: str = "BTC") -> str:
        return ("0x" + self.random.bytes(20).hex()) if asset == "ETH" else "bc1q" + self.random.bytes(19).hex()

    def txid(self) -> str:
        return self.random.bytes(32).hex()

    def move(self, txid: str, at: datetime, asset: str, giver: str, taker: str, quantity: Decimal, by: str | None) -> None:
        """One row of the chain; wallets are named by id, everybody else by address."""
        for wallet, sign in ((giver, -1), (taker, 1)):
            if wallet in self.held:
                self.held[wallet] += sign * quantity
        self.add(
            "chain_movement", txid=txid, occurred_at=at, asset=asset, quantity=quantity, authorised_by=by,
            from_address=self.address.get(giver, giver), to_address=self.address.get(taker, taker),
        )  # fmt: skip

    def act(
        self, movement: str, act: str, who: str, at: datetime, asset: str, quantity: Decimal, wallet: str, to: str, **more: object
    ) -> None:
        """One act of one person, with what that person saw."""
        self.add(
            "movement_approval", movement_id=movement, act=act, party_id=who, acted_at=at, asset=asset, quantity=quantity,
            from_wallet_id=wallet, to_address=to, **more,
        )  # fmt: skip

    def internal(self, at: datetime, asset: str, giver: str, taker: str, quantity: Decimal, purpose: str) -> None:
        """A movement between own wallets, asked for, approved and signed as the procedure has it."""
        self.number += 1
        name, to = f"M{200_000 + self.number}", self.address[taker]
        self.act(name, "requested", CLERK, at - timedelta(minutes=50), asset, quantity, giver, to, device="desk-1", purpose=purpose)
        self.act(name, "approved", HEAD, at - timedelta(minutes=35), asset, quantity, giver, to, device="desk-2")
        self.act(name, "signed", SIGNER, at - timedelta(minutes=10), asset, quantity, giver, to, device="signing-laptop-1")
        self.move(self.txid(), at, asset, giver, taker, quantity, name)


def write_scenario(name: str, out: Path, seed: int = 1, accounts: int = 1000) -> dict[str, int]:
    """Write a ready scenario into a folder; returns rows by table. The same seed and size give the same bytes."""
    assert name in SCENARIOS, name
    out.mkdir(parents=True, exist_ok=True)
    made = _Exchange(np.random.default_rng([seed, 2024]), accounts)
    owed = _open(made)
    for day in range(DAYS):
        _ordinary_day(made, owed, day)
        if FIRST + timedelta(days=day) <= STOLEN_AT < FIRST + timedelta(days=day + 1):
            _outflow(made)
        _close(made, owed, day)
    _service(made)
    rows = {table: write(out, table, _sorted(table, content)) for table, content in sorted(made.rows.items())}
    write_answer_key(out, made.schemes)
    content = {"scenario": name, "seed": seed, "accounts": accounts, "rows": rows, "sources": __doc__}
    (out / "simulation.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return rows


def _sorted(table: str, rows: list[Row]) -> list[Row]:
    order = {"chain_movement": ("occurred_at", "txid", "to_address"), "movement_approval": ("acted_at", "movement_id", "act")}
    return sorted(rows, key=itemgetter(*order[table])) if table in order else rows


def _open(made: _Exchange) -> dict[str, dict[str, Decimal]]:
    """People, wallets and keys, and what clients are owed: together a little less than the wallets hold."""
    for person in (CLERK, HEAD, SIGNER, CHECKER):
        made.add("party", party_id=person, kind="individual", country="JP")
    owed: dict[str, dict[str, Decimal]] = {"BTC": {}, "ETH": {}}
    weights = np.exp(made.random.normal(0, 1.6, made.accounts))
    for place in range(made.accounts):
        account = f"A{100_001 + place}"
        made.add("party", party_id=f"P{100_001 + place}", kind="individual", country="JP")
        opened = FIRST - timedelta(days=int(made.random.integers(30, 1500)))
        made.add("account", account_id=account, party_id=f"P{100_001 + place}", kind="customer", opened_at=opened)
        share = Decimal(round(float(weights[place] / weights.sum()) * 10**12)) / 10**12
        owed["BTC"][account] = (share * 4_930).quantize(_CENT)
        owed["ETH"][account] = (share * 31_000).quantize(_CENT)
    for asset in owed:
        made.add("asset", asset=asset, centralised=False)
    wallets = (
        ("HOT-BTC", "BTC", "hot", "customer", 2, 3, "120"), ("COLD-BTC-1", "BTC", "cold", "customer", 1, 2, "4790"),
        ("COLD-BTC-2", "BTC", "cold", "customer", 1, 2, "25"), ("GUARANTEE-BTC", "BTC", "cold", "guarantee", 1, 2, "130"),
        ("HOT-ETH", "ETH", "hot", "customer", 2, 3, "900"), ("COLD-ETH-1", "ETH", "cold", "customer", 1, 2, "30150"),
        ("OWN-BTC", "BTC", "cold", "own", 1, 2, "40"),
    )  # fmt: skip
    for wallet, asset, tier, holder, required, whole, quantity in wallets:
        made.held[wallet], made.address[wallet] = Decimal(quantity), made.fresh(asset)
        made.add(
            "wallet", wallet_id=wallet, asset=asset, address=made.address[wallet], tier=tier, holder=holder,
            ever_online=tier == "hot", signers_required=required, signers_total=whole,
        )  # fmt: skip
        for number in range(1, whole + 1):
            cold = tier == "cold"
            made.add(
                "wallet_key", wallet_id=wallet, key_id=f"{wallet}-K{number}", use="signing",
                party_id=SIGNER if cold else None, place="Head office, safe 3" if cold else f"Data centre {number}",
                device="signing-laptop-1" if cold else f"hsm-{number}", since=date(2022, 4, 1), owner="Treasury",
            )  # fmt: skip
    return owed


def _ordinary_day(made: _Exchange, owed: dict[str, dict[str, Decimal]], day: int) -> None:
    """A batch of withdrawals with change and fee, deposits, the evening's sweep, and now and then something out of the ordinary."""
    opens = FIRST + timedelta(days=day)
    batch, paid_at = made.txid(), opens + timedelta(hours=6, minutes=int(made.random.integers(50)))
    asked: list[tuple[Row, Decimal]] = []
    for _number in range(int(made.random.integers(4, 9))):
        asked.append(_request(made, owed, paid_at - timedelta(minutes=int(made.random.integers(30, 200)))))
    for row, quantity in asked:
        row |= {"released_at": paid_at - timedelta(minutes=8), "txid": batch}
        made.move(batch, paid_at, "BTC", "HOT-BTC", str(row["address"]), quantity, str(row["transfer_id"]))
    made.move(batch, paid_at, "BTC", "HOT-BTC", "HOT-BTC", Decimal("3.5"), None)
    made.move(batch, paid_at, "BTC", "HOT-BTC", "fee", Decimal("0.00021"), None)
    for _number in range(3):
        _deposit(made, owed, opens + timedelta(hours=8, minutes=int(made.random.integers(390))))
    if day == 9:
        _large(made, owed, opens + timedelta(hours=3))
    if day == 13:
        _late_entry(made, owed, opens + timedelta(hours=9))
    if day == 17:
        _two_parts(made, owed, opens + timedelta(hours=10))
    if day % 3 == 2:
        giver, taker = ("HOT-BTC", "COLD-BTC-1") if made.held["HOT-BTC"] > 110 else ("COLD-BTC-1", "HOT-BTC")
        if opens < STOLEN_AT:
            made.internal(opens + timedelta(hours=13), "BTC", giver, taker, Decimal("6.25"), "level of the hot wallet")


def _request(
    made: _Exchange, owed: dict[str, dict[str, Decimal]], at: datetime, quantity: Decimal | None = None
) -> tuple[Row, Decimal]:
    """A customer's withdrawal, booked."""
    accounts = owed["BTC"]
    account = f"A{100_001 + int(made.random.integers(made.accounts))}"
    large = quantity is not None
    if large:
        account = max(accounts, key=lambda each: (accounts[each], each))
    quantity = quantity or (accounts[account] * Decimal(int(made.random.integers(1, 15))) / 100).quantize(_CENT) + _CENT
    quantity = min(quantity, accounts[account], Decimal(20) if large else Decimal(1))
    if quantity <= 0:
        account = max(accounts, key=lambda each: (accounts[each], each))
        quantity = Decimal("0.01")
    accounts[account] -= quantity
    row = made.add(
        "transfer", transfer_id=f"X{500_001 + len(made.rows.get('transfer', []))}", requested_at=at, account_id=account, direction="out",
        asset="BTC", quantity=quantity, value_jpy=(quantity * PRICE_JPY["BTC"]).quantize(_CENT), address=made.fresh(),
        address_first_used_at=at - timedelta(days=90), counterparty="unhosted", status="completed",
    )  # fmt: skip
    return row, quantity


def _deposit(made: _Exchange, owed: dict[str, dict[str, Decimal]], at: datetime) -> None:
    account = f"A{100_001 + int(made.random.integers(made.accounts))}"
    quantity = Decimal(int(made.random.integers(10_000, 80_000_000))) * _CENT
    owed["BTC"][account] += quantity
    source, txid = made.fresh(), made.txid()
    made.add(
        "transfer", transfer_id=f"X{500_001 + len(made.rows.get('transfer', []))}", requested_at=at, account_id=account, direction="in",
        asset="BTC", quantity=quantity, value_jpy=(quantity * PRICE_JPY["BTC"]).quantize(_CENT), address=source,
        counterparty="unknown", released_at=at, txid=txid, status="completed",
    )  # fmt: skip
    made.move(txid, at, "BTC", source, "HOT-BTC", quantity, None)


def _look_alike(made: _Exchange, pattern: str, row: Row, at: datetime) -> None:
    scheme = Scheme(
        rule=RULE, kind=LOOK_ALIKE, pattern=pattern, severity=0, subjects=(str(row["account_id"]),), asset="BTC",
        evidence={("transfer", str(row["transfer_id"]))},
    )  # fmt: skip
    scheme.saw(_microseconds(at), _microseconds(at))
    made.schemes.append(scheme)


def _large(made: _Exchange, owed: dict[str, dict[str, Decimal]], at: datetime) -> None:
    row, quantity = _request(made, owed, at, Decimal("18.5"))
    row |= {"released_at": at + timedelta(hours=2), "txid": made.txid()}
    made.move(
        str(row["txid"]),
        at + timedelta(hours=2, minutes=5),
        "BTC",
        "HOT-BTC",
        str(row["address"]),
        quantity,
        str(row["transfer_id"]),
    )
    _look_alike(made, "large_and_approved", row, at)


def _late_entry(made: _Exchange, owed: dict[str, dict[str, Decimal]], at: datetime) -> None:
    row, quantity = _request(made, owed, at)
    row |= {"released_at": at + timedelta(minutes=70), "txid": made.txid()}
    made.move(
        str(row["txid"]), at + timedelta(minutes=20), "BTC", "HOT-BTC", str(row["address"]), quantity, str(row["transfer_id"])
    )
    _look_alike(made, "approval_entered_late", row, at)


def _two_parts(made: _Exchange, owed: dict[str, dict[str, Decimal]], at: datetime) -> None:
    row, quantity = _request(made, owed, at)
    part = (quantity / 3).quantize(_CENT)
    row |= {"released_at": at + timedelta(minutes=10), "txid": made.txid()}
    for minutes, units, txid in ((15, part, str(row["txid"])), (95, quantity - part, made.txid())):
        made.move(txid, at + timedelta(minutes=minutes), "BTC", "HOT-BTC", str(row["address"]), units, str(row["transfer_id"]))
    _look_alike(made, "paid_in_two_parts", row, at)


def _outflow(made: _Exchange) -> None:
    """Asked for and approved to the second cold wallet; signed by one person, with both keys, to an address that looks like it."""
    made.number += 1
    name, right = f"M{200_000 + made.number}", made.address["COLD-BTC-2"]
    wrong = right[:10] + made.random.bytes(16).hex()[: len(right) - 16] + right[-6:]
    minutes = timedelta(minutes=1)
    made.act(
        name,
        "requested",
        CLERK,
        STOLEN_AT - 55 * minutes,
        "BTC",
        STOLEN,
        "COLD-BTC-1",
        right,
        device="desk-1",
        purpose="move to the second cold wallet",
    )
    made.act(name, "approved", HEAD, STOLEN_AT - 41 * minutes, "BTC", STOLEN, "COLD-BTC-1", right, device="desk-2")
    made.act(name, "signed", SIGNER, STOLEN_AT - 9 * minutes, "BTC", STOLEN, "COLD-BTC-1", wrong, device="signing-laptop-1")
    txid = made.txid()
    made.move(txid, STOLEN_AT, "BTC", "COLD-BTC-1", wrong, STOLEN, name)
    scheme = Scheme(
        rule=RULE, kind=PLANTED, pattern="address_substituted", severity=1, subjects=("COLD-BTC-1",), asset="BTC",
        evidence={("chain_movement", txid), ("movement_approval", f"{name}|signed|{SIGNER}")}, also=("client_assets/reconciliation",),
    )  # fmt: skip
    scheme.saw(_microseconds(STOLEN_AT), _microseconds(STOLEN_AT))
    made.schemes.append(scheme)
    _onward(made, wrong)


def _onward(made: _Exchange, source: str) -> None:
    """Split into nine, one part peeled hop by hop into a service, three brought together again, the rest at rest."""
    at, split = STOLEN_AT + timedelta(minutes=38), made.txid()
    parts = [Decimal(500)] * 8 + [STOLEN - 4000]
    places = [made.fresh() for _part in parts]
    for place, part in zip(places, parts, strict=True):
        made.move(split, at, "BTC", source, place, part, None)
    service = "bc1q" + "5" * 8 + made.random.bytes(15).hex()
    made.address["SERVICE"] = service
    here, left = places[0], parts[0]
    for hop in range(1, 5):
        txid, when, peeled = made.txid(), at + timedelta(hours=3 * hop), Decimal(40 + hop)
        following = made.fresh()
        made.move(txid, when, "BTC", here, service, peeled, None)
        made.move(txid, when, "BTC", here, following, left - peeled, None)
        here, left = following, left - peeled
    gathered, txid = made.fresh(), made.txid()
    for place, part in zip(places[1:4], parts[1:4], strict=True):
        made.move(txid, at + timedelta(days=2), "BTC", place, gathered, part, None)


def _service(made: _Exchange) -> None:
    """The service's own business: so many movements that nobody can follow coins through it."""
    service = made.address["SERVICE"]
    for place in range(SERVICE_MOVEMENTS):
        at = STOLEN_AT + timedelta(minutes=7 * place)
        made.move(made.txid(), at, "BTC", service, made.fresh(), Decimal(int(made.random.integers(1, 900))) / 1000, None)


def _close(made: _Exchange, owed: dict[str, dict[str, Decimal]], day: int) -> None:
    """The end of the Japan day: balances, a look at every wallet, prices. Client balances are kept from three days before on."""
    on = (FIRST + timedelta(days=day)).date()
    at = datetime(on.year, on.month, on.day, 14, 59, 59, tzinfo=UTC)
    for wallet, quantity in made.held.items():
        made.add("wallet_balance", wallet_id=wallet, observed_at=at, quantity=quantity)
    for asset, price in PRICE_JPY.items():
        for hour in (0, 4, 12):
            made.add(
                "reference_price", asset=asset, quoted_at=at.replace(hour=hour, minute=0, second=0), price_jpy=price, source="index"
            )
    if abs((on - STOLEN_AT.date()).days) <= 3:
        for asset, accounts in owed.items():
            for account, quantity in accounts.items():
                if quantity > 0:
                    made.add("customer_balance", account_id=account, asset=asset, as_of_date=on, quantity=quantity)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
