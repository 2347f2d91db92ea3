"""The office's registers of custody: procedures, destinations, keys, duties, approvals, providers, assessments and loans.

An exchange that is clean keeps them whole. Otherwise entries are left out, late or wrong here and there, and others only
look so; each is a line of the answer key. The registers are written after the books, so nothing in the books depends on them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.chain import Chain, Row, Wallet
from sekisho.simulation.custody_failures import EXCHANGE, is_business_day
from sekisho.simulation.listings import Listing
from sekisho.simulation.options import DAY_MICROSECONDS, JAPAN, Options, opens_at
from sekisho.simulation.registers import moment

TRANSFER_CONTROLS = "client_assets/transfer_controls"
SIGNING_KEYS = "client_assets/signing_keys"
WALLET_CLASS = "client_assets/wallet_class"
DUTIES = "client_assets/duties_separation"
SEGREGATION = "client_assets/segregation"
THIRD_PARTY = "client_assets/third_party_custody"
AUDIT = "client_assets/segregation_audit"
OUTSOURCING = "client_assets/outsourcing"
VENDORS = "client_assets/key_system_vendors"
WALLET_SERVICES = "client_assets/unregistered_wallets"
LOANS = "client_assets/borrowed_crypto"
THREE_LINES = "client_assets/three_lines"

ITEMS: dict[str, tuple[str, ...]] = {
    "client_assets/management_commitment": ("outflow_risk_paramount", "outflow_risk_reported", "outflow_governance"),
    "client_assets/leak_response": (
        "immediate_detection", "escalation", "contingency_plan", "secondary_damage", "customer_desk", "reporting",
        "cause_analysis_and_logs",
    ),
    "client_assets/debt_performance_policy": ("policy_published", "policy_method", "policy_timing", "policy_valuation"),
    "client_assets/security_measures": (
        "rules_per_asset", "clear_separation", "guarantee_told_apart", "wallets_apart", "buffer_set", "outflow_risk_per_asset",
        "outflow_risk_reviewed", "hot_cap_set", "several_persons", "authorised_only", "keys_apart", "authenticity_checked",
        "automatic_cap", "backups", "transfer_procedure_audited",
    ),
    "client_assets/group_system": ("return_procedure", "balance_backup", "own_means_to_transfer"),
}  # fmt: skip
"""What each rule asks somebody to have looked at."""

COLD_WALLET_ITEMS = (
    "never_connected", "locked_place", "several_hands_in_and_out", "destinations_listed", "short_and_long_term_apart",
)  # fmt: skip
CONTROLS = ("hot_cap", "cold_transfer", "reconciliation", "key_storage")
UNITS = {1: "Custody", 2: "Risk", 3: "Internal audit"}
AUDITS = ("segregation_audit", "guarantee_audit")
PLACES = ("Tokyo vault", "Osaka vault", "Nagoya vault", "Fukuoka vault", "Sapporo vault")
BACKUP_PLACES = ("Sendai vault", "Hiroshima vault")
MINUTE, HOUR = 60_000_000, 3_600_000_000
WINDOW_MINUTES = 60
COLD_SIGNERS, APPROVERS = 3, 2


@dataclass(slots=True)
class Office:
    """Every register, as rows, and what was planted in them."""

    options: Options
    listed: Sequence[Listing]
    chain: Chain
    random: np.random.Generator
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    schemes: list[Scheme] = field(default_factory=list)
    persons: list[str] = field(default_factory=list)

    @property
    def first_day(self) -> date:
        """The first day of the books."""
        return self.options.book_days[0]

    @property
    def last_day(self) -> date:
        """The last day of the books, on which the registers are looked at."""
        return self.options.book_days[-1]

    @property
    def since(self) -> date:
        """When most entries began."""
        return self.first_day - timedelta(days=100)

    def person(self) -> str:
        """Somebody more who works in custody."""
        self.persons.append(f"P{9_000_001 + len(self.persons)}")
        return self.persons[-1]

    def plant(
        self, rule: str, pattern: str, subject: str, *evidence: tuple[str, str],
        kind: str = PLANTED, asset: str | None = None, days: tuple[date, date] | None = None, also: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """A line of the answer key; without ``days`` it speaks of the whole time of the books."""
        first, last = days or (self.first_day, self.last_day)
        self.schemes.append(
            Scheme(
                rule=rule,
                kind=kind,
                pattern=pattern,
                severity=1.0 if kind == PLANTED else 0.0,
                subjects=(subject,),
                asset=asset,
                also=also,
                window_from=opens_at(first),
                window_until=opens_at(last) + DAY_MICROSECONDS,
                evidence=set(evidence),
            )
        )

    def like(self, rule: str, pattern: str, subject: str, asset: str | None = None) -> None:
        """A look-alike."""
        self.plant(rule, pattern, subject, kind=LOOK_ALIKE, asset=asset)

    def draw(self, among: Sequence[str]) -> str:
        """One of several words."""
        return among[int(self.random.integers(len(among)))]


def keep_office(
    options: Options, listed: Sequence[Listing], chain: Chain, transfers: Sequence[Row], random: np.random.Generator
) -> Office:
    """Fill every register of an exchange whose books are played."""
    office = Office(options, listed, chain, random)
    _movements(office)
    _keys(office)
    _duties(office)
    _providers(office)
    _assessments(office)
    _services(office, transfers)
    _loans(office)
    return office


def _own_keys(chain: Chain) -> list[Wallet]:
    """The wallets whose keys the exchange itself keeps."""
    return [wallet for wallet in chain.wallets if wallet.custodian is None]


def _day(row: Row) -> date:
    at = row["occurred_at"]
    assert isinstance(at, datetime)
    return at.astimezone(JAPAN).date()


# Movements: who asked, approved, signed and compared, by which procedure, and to which addresses coins may go.


@dataclass(slots=True)
class _Staff:
    """Who moves coins."""

    ask: list[str]
    approve: list[str]
    sign: list[str]
    compare: list[str]


def _movements(office: Office) -> None:
    staff = _Staff(*([office.person() for _place in range(number)] for number in (2, 4, 5, 2)))
    places = {(wallet.asset, wallet.address): wallet for wallet in _own_keys(office.chain)}
    moved: dict[str, list[Row]] = defaultdict(list)
    acts: dict[str, list[Row]] = {}
    for number, row in enumerate(sorted(office.chain.movements, key=lambda r: (r["occurred_at"], r["txid"]))):
        giver = places.get((str(row["asset"]), str(row["from_address"])))
        if giver is None:
            continue
        moved[giver.wallet_id].append(row)
        movement = row["authorised_by"]
        if isinstance(movement, str) and movement.startswith("M"):
            acts[movement] = _acts(staff, giver, row, number)
    caps = {wallet.wallet_id: _caps(moved[wallet.wallet_id]) for wallet in _own_keys(office.chain)}
    for wallet in _own_keys(office.chain):
        office.rows["wallet_procedure"].append(_procedure(office, wallet, caps[wallet.wallet_id]))
        for other in office.chain.wallets:
            if wallet.tier == "cold" and other.asset == wallet.asset and other.address != wallet.address:
                entry = {"wallet_id": wallet.wallet_id, "address": other.address, "since": office.since, "owner": "Custody"}
                if entry not in office.rows["wallet_destination"]:
                    office.rows["wallet_destination"].append(entry)
    if not office.options.clean:
        for wallet in _own_keys(office.chain):
            for row in moved[wallet.wallet_id] if wallet.tier == "cold" else ():
                if row["authorised_by"] is None:
                    name, days = ("chain_movement", str(row["txid"])), (_day(row), _day(row))
                    office.plant(TRANSFER_CONTROLS, "not_authorised", wallet.wallet_id, name, asset=wallet.asset, days=days)
        _spoil_movements(office, staff, moved, acts)
        _spoil_caps(office, moved, caps)
    office.rows["movement_approval"] = [act for each in acts.values() for act in each]


def _acts(staff: _Staff, giver: Wallet, row: Row, number: int) -> list[Row]:
    """The acts about one internal movement: hot wallets are signed for by machine."""
    at = row["occurred_at"]
    assert isinstance(at, datetime)

    def act(what: str, person: str, minutes: float) -> Row:
        return {
            "movement_id": row["authorised_by"],
            "act": what,
            "party_id": person,
            "acted_at": at + timedelta(minutes=minutes),
            "asset": row["asset"],
            "quantity": row["quantity"],
            "from_wallet_id": giver.wallet_id,
            "to_address": row["to_address"],
            "device": f"{giver.wallet_id}-HSM{(number + number_of(person)) % 5 + 1}" if what == "signed" else None,
            "txid": row["txid"] if what in ("signed", "reconciled") else None,
            "purpose": "evening move between wallets" if what == "requested" else None,
        }

    def number_of(person: str) -> int:
        return int(person[1:])

    asked = staff.ask[number % len(staff.ask)]
    approvers = [staff.approve[(number + place) % len(staff.approve)] for place in range(APPROVERS)]
    signers = [staff.sign[(number + place) % len(staff.sign)] for place in range(COLD_SIGNERS)] if giver.tier == "cold" else []
    return [
        act("requested", asked, -55),
        *(act("approved", person, -40 + 3 * place) for place, person in enumerate(approvers)),
        *(act("signed", person, -20 + 3 * place) for place, person in enumerate(signers)),
        act("reconciled", staff.compare[number % len(staff.compare)], 10 * 60),
    ]


def _caps(moved: Sequence[Row]) -> tuple[Decimal, Decimal]:
    """The most that one movement, and that an hour, took out of a wallet."""
    recent: deque[Row] = deque()
    largest = most = left = Decimal(0)
    for row in moved:
        quantity, at = row["quantity"], row["occurred_at"]
        assert isinstance(quantity, Decimal)
        assert isinstance(at, datetime)
        recent.append(row)
        left += quantity
        while at - recent[0]["occurred_at"] > timedelta(minutes=WINDOW_MINUTES):  # type: ignore[operator]
            left -= recent.popleft()["quantity"]  # type: ignore[operator]
        largest, most = max(largest, quantity), max(most, left)
    return largest, most


def _procedure(office: Office, wallet: Wallet, caps: tuple[Decimal, Decimal]) -> Row:
    cold = wallet.tier == "cold"
    return {
        "wallet_id": wallet.wallet_id,
        "since": office.since,
        "until": None,
        "approvals_min": APPROVERS if cold else 0,
        "signatures_min": COLD_SIGNERS if cold else 0,
        "listed_destinations_only": cold,
        "quantity_max": None if cold else caps[0] * 2 + 1,
        "window_quantity_max": None if cold else caps[1] * 2 + 1,
        "window_minutes": None if cold else WINDOW_MINUTES,
        "owner": "Custody",
    }


PERSONS_PATTERNS = (
    "approval_missing", "self_approved", "approved_too_late", "signed_by_one", "signed_without_key", "compared_by_signer",
    "approved_in_the_last_second",
)  # fmt: skip
REGISTER_PATTERNS = ("destination_struck_off", "procedure_lapsed", "destination_listed_that_day", "procedure_renewed")


def _spoil_movements(office: Office, staff: _Staff, moved: dict[str, list[Row]], acts: dict[str, list[Row]]) -> None:
    """Take away, put late or give to the wrong person what belongs to a movement; one wallet for each kind."""
    cold = [wallet for wallet in _own_keys(office.chain) if wallet.tier == "cold"]
    usable = [w for w in cold if len([r for r in moved[w.wallet_id] if r["authorised_by"] in acts]) > 1]
    dealt = [usable[int(place)] for place in office.random.permutation(len(usable))]
    for pattern in (*PERSONS_PATTERNS, *REGISTER_PATTERNS):
        if not dealt:
            return
        wallet = dealt.pop()
        told = [row for row in moved[wallet.wallet_id] if row["authorised_by"] in acts]
        row = told[int(office.random.integers(1, len(told)))]
        if pattern in PERSONS_PATTERNS:
            _spoil_acts(office, staff, wallet, row, acts[str(row["authorised_by"])], pattern)
        else:
            _spoil_registers(office, wallet, row, moved[wallet.wallet_id], pattern)


def _spoil_acts(office: Office, staff: _Staff, wallet: Wallet, row: Row, acts: list[Row], pattern: str) -> None:
    approved = [act for act in acts if act["act"] == "approved"]
    signed = [act for act in acts if act["act"] == "signed"]
    asked = next(act for act in acts if act["act"] == "requested")
    at = row["occurred_at"]
    assert isinstance(at, datetime)
    rule, subject = TRANSFER_CONTROLS, wallet.wallet_id
    if pattern == "approval_missing":
        acts.remove(approved[-1])
    elif pattern == "self_approved":
        approved[-1]["party_id"] = asked["party_id"]
    elif pattern == "approved_too_late":
        approved[-1]["acted_at"] = at + timedelta(minutes=1)
    elif pattern == "signed_by_one":
        for act in signed[1:]:
            acts.remove(act)
    elif pattern == "signed_without_key":
        signed[-1]["party_id"] = office.person()
    elif pattern == "compared_by_signer":
        acts[-1]["party_id"] = signed[0]["party_id"]
        rule, subject = DUTIES, str(signed[0]["party_id"])
    else:
        approved[-1]["acted_at"] = at
        office.like(rule, pattern, subject, wallet.asset)
        return
    days = (_day(row), min(_day(row) + timedelta(days=1), office.last_day))
    office.plant(rule, pattern, subject, ("chain_movement", str(row["txid"])), asset=wallet.asset, days=days)


def _spoil_registers(office: Office, wallet: Wallet, row: Row, moved: Sequence[Row], pattern: str) -> None:
    day, rows = _day(row), office.rows
    next_day = day + timedelta(days=1)
    if pattern in ("destination_struck_off", "destination_listed_that_day"):
        entry = next(
            e for e in rows["wallet_destination"] if e["wallet_id"] == wallet.wallet_id and e["address"] == row["to_address"]
        )
        if pattern == "destination_listed_that_day":
            first = min(_day(each) for each in moved if each["to_address"] == row["to_address"])
            entry["since"] = first
            office.like(TRANSFER_CONTROLS, pattern, wallet.wallet_id, wallet.asset)
            return
        entry["until"] = day
        rows["wallet_destination"].append({**entry, "since": next_day, "until": None})
    else:
        entry = next(e for e in rows["wallet_procedure"] if e["wallet_id"] == wallet.wallet_id)
        renewed = day if pattern == "procedure_renewed" else next_day
        rows["wallet_procedure"].append({**entry, "since": renewed, "until": None})
        entry["until"] = day
        if pattern == "procedure_renewed":
            office.like(TRANSFER_CONTROLS, pattern, wallet.wallet_id, wallet.asset)
            return
    office.plant(
        TRANSFER_CONTROLS, pattern, wallet.wallet_id, ("chain_movement", str(row["txid"])), asset=wallet.asset, days=(day, day)
    )


def _spoil_caps(office: Office, moved: dict[str, list[Row]], caps: dict[str, tuple[Decimal, Decimal]]) -> None:
    """A cap one unit below the largest movement of a hot wallet, and one exactly at it."""
    hot = [w for w in _own_keys(office.chain) if w.tier == "hot" and w.holder == "customer" and len(moved[w.wallet_id]) > 1]
    dealt = [hot[int(place)] for place in office.random.permutation(len(hot))]
    for pattern, less in (("above_cap", Decimal(1).scaleb(-8)), ("exactly_at_cap", Decimal(0))):
        if not dealt:
            return
        wallet = dealt.pop()
        largest = caps[wallet.wallet_id][0]
        entry = next(e for e in office.rows["wallet_procedure"] if e["wallet_id"] == wallet.wallet_id)
        entry["quantity_max"] = largest - less
        if less:
            rows = [row for row in moved[wallet.wallet_id] if row["quantity"] == largest]
            names = [("chain_movement", str(row["txid"])) for row in rows]
            days = (_day(rows[0]), _day(rows[-1]))
            office.plant(TRANSFER_CONTROLS, pattern, wallet.wallet_id, *names, asset=wallet.asset, days=days)
        else:
            office.like(TRANSFER_CONTROLS, pattern, wallet.wallet_id, wallet.asset)


# Keys.


def _keys(office: Office) -> None:
    """Five keys of a cold wallet in five hands and places, three of a hot one on machines; two backups elsewhere."""
    holders, keeper = office.persons[6:11], office.person()
    for wallet in _own_keys(office.chain):
        cold = wallet.tier == "cold"
        online = moment(opens_at(office.since)) if wallet.ever_online else None
        for place in range(5 if cold else 3):
            office.rows["wallet_key"].append(
                {
                    "wallet_id": wallet.wallet_id,
                    "key_id": f"{wallet.wallet_id}-K{place + 1}",
                    "use": "signing",
                    "party_id": holders[place] if cold else None,
                    "place": PLACES[place] if cold else f"Data centre {place + 1}",
                    "device": f"{wallet.wallet_id}-HSM{place + 1}",
                    "connected_at": online,
                    "since": office.since,
                    "until": None,
                    "owner": "Custody",
                }
            )
        for place in range(2):
            office.rows["wallet_key"].append(
                {
                    "wallet_id": wallet.wallet_id,
                    "key_id": f"{wallet.wallet_id}-B{place + 1}",
                    "use": "backup",
                    "party_id": keeper,
                    "place": BACKUP_PLACES[place],
                    "device": f"{wallet.wallet_id}-STEEL{place + 1}",
                    "connected_at": None,
                    "since": office.since,
                    "until": None,
                    "owner": "Custody",
                }
            )
    if not office.options.clean:
        _spoil_keys(office, holders)


KEY_PATTERNS = (
    "keys_together", "one_holder", "no_backup", "backup_beside", "two_of_five_together", "handed_on_in_time",
    "moved_before_connected",
)  # fmt: skip


def _spoil_keys(office: Office, holders: Sequence[str]) -> None:
    """Keys in one place or one hand, backups missing or beside them; and what comes close to each."""
    cold = [w for w in _own_keys(office.chain) if w.tier == "cold" and w.holder in ("customer", "guarantee") and not w.ever_online]
    named = {w.wallet_id: w for w in cold}
    for wallet_id in office.chain.connected:
        wallet = named.pop(wallet_id)
        key = next(k for k in office.rows["wallet_key"] if k["wallet_id"] == wallet_id)
        day = office.options.book_days[len(office.options.book_days) // 2]
        key["connected_at"] = moment(opens_at(day) + 10 * HOUR)
        evidence = ("wallet_key", f"{wallet_id}|{key['key_id']}|{key['since']}")
        office.plant(WALLET_CLASS, "connected_once", wallet_id, evidence, asset=wallet.asset, days=(day, office.last_day))
    left = [wallet for wallet in named.values() if wallet.wallet_id not in office.chain.shared]
    dealt = [left[int(place)] for place in office.random.permutation(len(left))]
    for pattern in KEY_PATTERNS:
        if not dealt:
            return
        wallet = dealt.pop()
        keys = [k for k in office.rows["wallet_key"] if k["wallet_id"] == wallet.wallet_id]
        signing, backups = [k for k in keys if k["use"] == "signing"], [k for k in keys if k["use"] == "backup"]
        _spoil_keys_of(office, wallet, signing, backups, pattern)


def _spoil_keys_of(office: Office, wallet: Wallet, signing: list[Row], backups: list[Row], pattern: str) -> None:
    rows, yesterday = office.rows["wallet_key"], office.last_day - timedelta(days=1)
    shown: list[Row] = []
    if pattern in ("keys_together", "two_of_five_together"):
        shown = signing[: COLD_SIGNERS if pattern == "keys_together" else COLD_SIGNERS - 1]
        for key in shown:
            key["place"] = PLACES[0]
    elif pattern == "one_holder":
        # He signs for nobody else's keys: the same persons go on signing, one of them with three keys.
        shown = signing[:COLD_SIGNERS]
        for key in shown[1:]:
            rows.append({**key, "key_id": f"{key['key_id']}a"})
            key["party_id"] = shown[0]["party_id"]
    elif pattern == "handed_on_in_time":
        for key in signing[1:COLD_SIGNERS]:
            rows.append({**key, "since": office.last_day})
            rows.append({**key, "party_id": signing[0]["party_id"], "key_id": f"{key['key_id']}b", "until": yesterday})
    elif pattern == "no_backup":
        for key in backups:
            rows.remove(key)
    elif pattern == "backup_beside":
        backups[0]["place"] = signing[1]["place"]
        shown = [backups[0]]
    else:
        key = signing[0]
        device = f"{key['device']}-old"
        rows.append(
            {**key, "key_id": f"{key['key_id']}c", "device": device, "until": office.first_day,
             "connected_at": moment(opens_at(office.first_day) + HOUR)}
        )  # fmt: skip
        office.like(WALLET_CLASS, pattern, wallet.wallet_id, wallet.asset)
        return
    if pattern in ("two_of_five_together", "handed_on_in_time"):
        office.like(SIGNING_KEYS, pattern, wallet.wallet_id, wallet.asset)
        return
    names = [("wallet_key", f"{key['wallet_id']}|{key['key_id']}|{key['since']}") for key in shown]
    office.plant(SIGNING_KEYS, pattern, wallet.wallet_id, *(names or [("wallet", wallet.wallet_id)]), asset=wallet.asset)


# Duties.


def _duties(office: Office) -> None:
    """One person pays and another compares, for money and for every asset; one duty was handed on in the middle."""
    pay, compare = [office.person() for _one in range(2)], [office.person() for _one in range(2)]
    assets = [one.asset for one in office.listed] + ["JPY"]
    days = office.options.book_days
    for place, asset in enumerate(assets):
        for duty, persons in (("pay", pay), ("reconcile", compare)):
            office.rows["custody_duty"].append(_duty(office, persons[place % 2], duty, asset))
    if office.options.clean:
        return
    patterns = ("both_duties", "nobody_compares", "handed_on", "nobody_on_a_holiday")
    dealt = [assets[int(place)] for place in office.random.permutation(len(assets))]
    open_days = [day for day in days if is_business_day(day)]
    if not open_days:
        return
    closed = [day for day in days[1:-1] if not is_business_day(day)]
    for pattern, asset in zip(patterns, dealt, strict=False):
        rows = [row for row in office.rows["custody_duty"] if row["asset"] == asset]
        entry = next(row for row in rows if row["duty"] == "reconcile")
        if pattern == "both_duties":
            day = open_days[len(open_days) // 3]
            payer = next(row for row in rows if row["duty"] == "pay")
            office.rows["custody_duty"].append({**_duty(office, str(payer["party_id"]), "reconcile", asset), "since": day})
            name = ("custody_duty", f"{payer['party_id']}|reconcile|{asset}|{day}")
            office.plant(DUTIES, pattern, str(payer["party_id"]), name, asset=asset, days=(day, office.last_day))
            continue
        gap = closed if pattern == "nobody_on_a_holiday" else open_days[1:-1]
        if not gap:
            continue
        day = gap[len(gap) // 2]
        back = day if pattern == "handed_on" else day + timedelta(days=1)
        entry["until"] = day
        office.rows["custody_duty"].append({**_duty(office, office.person(), "reconcile", asset), "since": back})
        if pattern == "nobody_compares":
            name = ("custody_duty", f"{entry['party_id']}|reconcile|{asset}|{entry['since']}")
            office.plant(DUTIES, pattern, asset, name, asset=asset, days=(day, day))
        else:
            office.like(DUTIES, pattern, asset, asset)


def _duty(office: Office, person: str, duty: str, asset: str) -> Row:
    owner = "Custody" if duty == "pay" else "Accounting"
    return {"party_id": person, "duty": duty, "asset": asset, "since": office.since, "until": None, "owner": owner}


# Providers.

KEEPER, SOFTWARE, CLOUD, GROUP, CLEANER = "V1", "V2", "V3", "V4", "V5"


def _providers(office: Office) -> None:
    """Who keeps assets, whose wallet software is used and on whose machines, what the group supplies, and who only cleans."""
    since = office.since
    for provider, name, service, hired_by, touches, in_group, returns in (
        (KEEPER, "Yamate Trust", "custody", None, "keys", False, "trust"),
        (SOFTWARE, "Kagi Wallet Systems", "wallet_software", None, "keys", False, None),
        (CLOUD, "Umi Cloud", "hosting", SOFTWARE, "keys", False, None),
        (GROUP, "Sekiya Group IT", "trading_system", None, "data", True, None),
        (CLEANER, "Shiro Cleaning", "other", None, "nothing", False, None),
    ):
        office.rows["provider"].append(
            {
                "provider_id": provider,
                "name": name,
                "service": service,
                "hired_by": hired_by,
                "touches": touches,
                "in_group": in_group,
                "returns_assets_by": returns,
                "open_to_inspection": touches != "nothing",
                "notified_on": since,
                "since": since,
                "until": None,
                "owner": "Risk",
            }
        )
    if office.options.clean:
        return
    of = {str(row["provider_id"]): row for row in office.rows["provider"]}
    records = {key: ("provider", f"{key}|{row['service']}|{row['since']}") for key, row in of.items()}
    of[SOFTWARE]["notified_on"] = None
    office.plant(VENDORS, "not_notified", SOFTWARE, records[SOFTWARE])
    office.like(VENDORS, "notified_that_day", KEEPER)
    of[CLOUD]["open_to_inspection"] = False
    office.plant(OUTSOURCING, "closed_to_inspection", CLOUD, records[CLOUD])
    office.like(OUTSOURCING, "reaches_nothing", CLEANER)
    kept = [w for w in office.chain.wallets if w.custodian is not None]
    if kept and office.draw(("planted", "in_order")) == "planted":
        of[KEEPER]["returns_assets_by"] = "neither"
        office.plant(THIRD_PARTY, "nothing_brings_them_back", "Yamate Trust", records[KEEPER])


# Assessments.


def _assessments(office: Office) -> None:
    """Everything that has to be looked at was, within the year, with proof and owner."""
    done = office.last_day - timedelta(days=120)
    for items in ITEMS.values():
        for item in items:
            _assess(office, item, done)
    for item in COLD_WALLET_ITEMS:
        _assess(office, item, done)
    for control in CONTROLS:
        for line, unit in UNITS.items():
            _assess(office, control, done, line=line, unit=unit)
    for subject, kind, items in (
        (KEEPER, "custodian", ("custodian_checked", "outflow_risk", "safe_management")),
        (SOFTWARE, "provider", ("safe_management",)),
        (CLOUD, "provider", ("safe_management", "supervised_by_contractor")),
    ):
        for item in items:
            _assess(office, item, done, subject_id=subject, subject_kind=kind)
    base = office.last_day - timedelta(days=150)
    for item in AUDITS:
        _assess(office, item, base + timedelta(days=60), base_on=base, filed_on=base + timedelta(days=90), unit="Aoi Audit LLC")
    if not office.options.clean:
        _spoil_assessments(office)


def _assess(office: Office, item: str, done_on: date, **more: object) -> Row:
    row: Row = {
        "assessment_id": f"AS{1_001 + len(office.rows['assessment'])}",
        "item": item,
        "subject_kind": "exchange",
        "subject_id": EXCHANGE,
        "done_on": done_on,
        "unit": "Risk",
        "result": "met",
        "proof": "report on file",
        "owner": "Risk",
        **more,
    }
    office.rows["assessment"].append(row)
    return row


FAULTS = ("missing", "run_out", "not_met", "without_proof")
HARMLESS = ("a_year_ago_to_the_day", "met_since", "runs_out_today")


def _spoil_assessments(office: Office) -> None:
    """For each rule one item fails in one of four ways, or comes close to it in one of three; half of the rules each."""
    rules = [(rule, EXCHANGE, items) for rule, items in ITEMS.items()]
    rules += [(OUTSOURCING, SOFTWARE, ("safe_management",)), (THIRD_PARTY, KEEPER, ("custodian_checked", "outflow_risk"))]
    kept = any(wallet.custodian is not None for wallet in office.chain.wallets)
    order = office.random.permutation(len(rules))
    for place, number in enumerate(order):
        rule, subject, items = rules[int(number)]
        if rule == THIRD_PARTY and not kept:
            continue
        item = office.draw(items)
        row = next(r for r in office.rows["assessment"] if r["item"] == item and r["subject_id"] == subject)
        if place % 2 == 0:
            pattern = FAULTS[(place // 2) % len(FAULTS)]
            _fail(office, row, pattern)
            office.plant(rule, pattern, subject, *_others(office, items, subject, item))
        else:
            pattern = HARMLESS[(place // 2) % len(HARMLESS)]
            _come_close(office, row, pattern)
            office.like(rule, pattern, subject)
    _spoil_lines(office)
    _spoil_audits(office)


def _others(office: Office, items: Iterable[str], subject: str, item: str) -> list[tuple[str, str]]:
    """The looks at the other items, which a finding shows."""
    wanted = set(items) - {item}
    rows = [r for r in office.rows["assessment"] if r["item"] in wanted and r["subject_id"] == subject]
    return [("assessment", str(row["assessment_id"])) for row in rows]


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)


def _fail(office: Office, row: Row, pattern: str) -> None:
    if pattern == "missing":
        office.rows["assessment"].remove(row)
    elif pattern == "run_out":
        row["done_on"] = _year_before(office.last_day) - timedelta(days=1)
    elif pattern == "not_met":
        row["result"] = office.draw(("not_met", "partly_met"))
    else:
        row["proof"] = None


def _come_close(office: Office, row: Row, pattern: str) -> None:
    if pattern == "a_year_ago_to_the_day":
        row["done_on"] = _year_before(office.last_day)
    elif pattern == "runs_out_today":
        row["valid_until"] = office.last_day
    else:
        before = {**row, "done_on": row["done_on"] - timedelta(days=30), "result": "not_met"}  # type: ignore[operator]
        before["assessment_id"] = f"{row['assessment_id']}-before"
        office.rows["assessment"].append(before)


def _spoil_lines(office: Office) -> None:
    """One control without a third line, one with a unit in two lines; the others have three."""
    missing, doubled, close = (CONTROLS[int(place)] for place in office.random.permutation(len(CONTROLS))[:3])
    rows = {(str(r["item"]), r["line"]): r for r in office.rows["assessment"] if r.get("line")}
    office.rows["assessment"].remove(rows[missing, 3])
    office.plant(THREE_LINES, "no_third_line", missing, ("assessment", str(rows[missing, 1]["assessment_id"])))
    rows[doubled, 3]["unit"] = UNITS[2]
    office.plant(THREE_LINES, "one_unit_two_lines", doubled, ("assessment", str(rows[doubled, 3]["assessment_id"])))
    rows[close, 2]["done_on"] = _year_before(office.last_day)
    office.like(THREE_LINES, "a_year_ago_to_the_day", close)


def _spoil_audits(office: Office) -> None:
    """One audit filed a day late or not clean, the other on the last day."""
    late, close = (AUDITS[int(place)] for place in office.random.permutation(2))
    rows = {str(r["item"]): r for r in office.rows["assessment"] if r["item"] in AUDITS}
    # A base date on the 15th has its last day of four months on the 15th of the fourth month after.
    base = (office.last_day - timedelta(days=150)).replace(day=15)
    last = (base + timedelta(days=31 * 4)).replace(day=15)
    for row in rows.values():
        row["base_on"] = base
        row["done_on"] = base + timedelta(days=60)
        row["filed_on"] = last
    pattern = office.draw(("filed_a_day_late", "not_clean"))
    if pattern == "filed_a_day_late":
        rows[late]["filed_on"] = last + timedelta(days=1)
    else:
        rows[late]["result"] = "partly_met"
    office.plant(AUDIT, pattern, late, ("assessment", str(rows[late]["assessment_id"])), days=(base, office.last_day))
    office.plant(AUDIT, "filed_on_the_last_day", close, kind=LOOK_ALIKE, days=(base, office.last_day))


# Wallet services of others, and loans.


def _services(office: Office, transfers: Sequence[Row]) -> None:
    """Services on the register: in a clean exchange nobody sent anything to them."""
    for number, (name, operator, registered) in enumerate(
        (("Kitsune Purse", "Kitsune Labs", False), ("Mamori Wallet", "Mamori KK", True), ("Ittan Purse", "Ittan Labs", False)), 1
    ):
        office.rows["wallet_service"].append(
            {
                "service_id": f"WS{number}",
                "name": name,
                "operator": operator,
                "non_custodial": True,
                "registered": registered,
                "address": "0x" + office.random.bytes(20).hex(),
                "since": office.since,
                "until": None,
                "owner": "Compliance",
            }
        )
    if office.options.clean:
        return
    by_address: dict[str, list[Row]] = defaultdict(list)
    for row in (row for row in transfers if row["status"] != "refused"):
        by_address[str(row["address"])].append(row)
    addresses = sorted(by_address)
    dealt = [addresses[int(place)] for place in office.random.permutation(len(addresses))][:3]
    for service, address in zip(office.rows["wallet_service"], dealt, strict=False):
        service["address"] = address
        subject = str(service["service_id"])
        if service["registered"]:
            office.like(WALLET_SERVICES, "registered_operator", subject)
        elif service["name"] == "Ittan Purse":
            service["until"] = min(_requested(row) for row in by_address[address])
            office.like(WALLET_SERVICES, "closed_before", subject)
        else:
            names = [("transfer", str(row["transfer_id"])) for row in by_address[address]]
            office.plant(WALLET_SERVICES, "sent_to_the_service", subject, *names)


def _requested(row: Row) -> date:
    at = row["requested_at"]
    assert isinstance(at, datetime)
    return at.astimezone(JAPAN).date()


LOAN_PATTERNS = (
    "no_lender",
    "told_the_day_after",
    "on_demand",
    "overdue",
    "told_in_the_last_minute",
    "due_today",
    "on_demand_returned",
)


def _loans(office: Office) -> None:
    """Loans from companies: two in order, and one for each fault and what comes close to it."""
    lender, borrowed = office.person(), office.first_day - timedelta(days=10)
    patterns = ("in_order", "in_order") if office.options.clean else ("in_order", *LOAN_PATTERNS)
    for number, pattern in enumerate(patterns, 1):
        told = opens_at(borrowed) + 12 * HOUR
        row: Row = {
            "loan_id": f"LN{number}",
            "party_id": lender,
            "asset": office.listed[number % len(office.listed)].asset,
            "quantity": Decimal(number),
            "borrowed_on": borrowed,
            "due_on": office.last_day + timedelta(days=60),
            "on_demand": False,
            "returned_on": None,
            "told_at": moment(told),
            "owner": "Treasury",
        }
        changed: dict[str, Row] = {
            "no_lender": {"party_id": None},
            "told_the_day_after": {"told_at": moment(opens_at(borrowed) + DAY_MICROSECONDS)},
            "told_in_the_last_minute": {"told_at": moment(opens_at(borrowed) + DAY_MICROSECONDS - MINUTE)},
            "on_demand": {"on_demand": True, "due_on": None},
            "on_demand_returned": {"on_demand": True, "due_on": None, "returned_on": office.last_day},
            "overdue": {"due_on": office.last_day - timedelta(days=1)},
            "due_today": {"due_on": office.last_day},
        }
        row |= changed.get(pattern, {})
        office.rows["crypto_loan"].append(row)
        name = ("crypto_loan", str(row["loan_id"]))
        if pattern in ("no_lender", "told_the_day_after", "on_demand", "overdue"):
            office.plant(LOANS, pattern, name[1], name, asset=str(row["asset"]))
        elif pattern != "in_order":
            office.like(LOANS, pattern, name[1], str(row["asset"]))
