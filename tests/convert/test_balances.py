"""Balances and movements told by nodes and explorers: what counts, to the last digit, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.records import RecordsError
from sekisho.records.convert import Conversion, Options, convert
from sekisho.records.exact import EXACT, from_base_units
from sekisho.records.nodes.bitcoin_script import NETWORKS, address_of
from sekisho.records.validation import validate_folder

HEADER = "wallet_id,asset,address,tier,holder,custodian,ever_online,signers_required,signers_total\n"
A = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
B = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
SCRIPT_A = "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac"
SCRIPT_B = "0014751e76e8199196d454941c45d1b3a323f1433bd6"
AT = {"observed_at": "2026-05-02T00:00:00Z"}
E1, E2, E3 = (f"0x{n:040x}" for n in (0xA1, 0xB2, 0xC3))
USDC = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"


@pytest.fixture
def bitcoin_wallets(tmp_path: Path) -> Path:
    path = tmp_path / "wallet.csv"
    path.write_text(HEADER + f"WA,BTC,{A},cold,customer,,false,2,3\nWB,BTC,{B.upper()},hot,customer,,true,1,1\n")
    return path


@pytest.fixture
def ether_wallets(tmp_path: Path) -> Path:
    path = tmp_path / "wallet.csv"
    rows = [("E1", "ETH", E1.upper().replace("0X", "0x")), ("E2", "ETH", E2), ("U1", "USDC", E1)]
    path.write_text(HEADER + "".join(f"{w},{asset},{a},cold,customer,,false,2,3\n" for w, asset, a in rows))
    return path


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    path = tmp_path / "tokens.csv"
    path.write_text(f"asset,contract,decimals\nUSDC,{USDC.upper().replace('0X', '0x')},6\n")
    return path


def made(tmp_path: Path, name: str, content: object, source: str = "source.json", **given_: object) -> Conversion:
    path = tmp_path / source
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return from_path(tmp_path, name, path, **given_)


def from_path(tmp_path: Path, name: str, path: Path, **given_: object) -> Conversion:
    options = Options(
        {k: v for k, v in given_.items() if isinstance(v, str)},
        wallets=given_["wallets"] if isinstance(given_.get("wallets"), Path) else None,  # type: ignore[arg-type]
        tokens=given_["tokens"] if isinstance(given_.get("tokens"), Path) else None,  # type: ignore[arg-type]
    )
    return convert(name, path, tmp_path / "books", options)


def refused(tmp_path: Path, name: str, content: object, source: str = "source.json", **given_: object) -> str:
    with pytest.raises(RecordsError) as caught:
        made(tmp_path, name, content, source, **given_)
    assert not (tmp_path / "books").exists()
    assert not [p for p in tmp_path.iterdir() if "unfinished" in p.name], "something was left behind"
    assert "\n" not in str(caught.value)
    return str(caught.value)


def balances(tmp_path: Path) -> dict[str, Decimal]:
    assert validate_folder(tmp_path / "books") == []
    return {r["wallet_id"]: r["quantity"] for r in pq.read_table(tmp_path / "books" / "wallet_balance.parquet").to_pylist()}


def movements(tmp_path: Path) -> list[tuple[str, str, Decimal]]:
    assert validate_folder(tmp_path / "books") == []
    rows = pq.read_table(tmp_path / "books" / "chain_movement.parquet").to_pylist()
    return [(r["from_address"], r["to_address"], r["quantity"]) for r in rows]


def unspent(n: int, address: str | None, amount: str, **more: object) -> dict[str, object]:
    return {"txid": f"{n:064x}", "vout": 0, "address": address, "amount": f"@{amount}@", "confirmations": 6} | more


def numbers(value: object) -> str:
    """JSON in which ``"@0.1@"`` stands as the number 0.1, written as the node writes it."""
    return json.dumps(value).replace('"@', "").replace('@"', "")


# Bitcoin: what counts


def test_listunspent_adds_up_what_is_in_blocks_to_the_last_satoshi(tmp_path: Path, bitcoin_wallets: Path) -> None:
    listed = [
        unspent(1, A, "0.10000000"),
        unspent(2, A, "0.20000000"),
        unspent(3, A, "20999999.99999999", spendable=False),
        unspent(4, B, "5.00000000", confirmations=0, safe=False),
        unspent(5, None, "1e-8", scriptPubKey=SCRIPT_B),
    ]
    conversion = made(tmp_path, "bitcoin-core", numbers(listed), wallets=bitcoin_wallets, **AT)
    assert balances(tmp_path) == {"WA": Decimal("21000000.29999999"), "WB": Decimal("0.00000001")}
    assert "1 outputs of 5.00000000 BTC have fewer than 1 confirmations" in " ".join(conversion.notes).replace(
        "5 BTC", "5.00000000 BTC"
    )
    assert conversion.counts["outputs_unconfirmed"] == 1


def scan(*unspents: dict[str, object], height: int = 800_000, total: str | None = None) -> str:
    added = sum(Decimal(str(u["amount"]).strip("@")) for u in unspents)
    told = {"success": True, "txouts": 9, "height": height, "bestblock": "ab" * 32, "total_amount": f"@{total or f'{added:f}'}@"}
    return numbers(told | {"unspents": list(unspents)})


def output(n: int, script: str, amount: str, height: int, *, coinbase: bool = False) -> dict[str, object]:
    told = {"txid": f"{n:064x}", "vout": n, "scriptPubKey": script, "desc": "x", "amount": f"@{amount}@"}
    return told | {"coinbase": coinbase, "height": height}


def test_scantxoutset_names_scripts_by_address_and_leaves_immature_coins_out(tmp_path: Path, bitcoin_wallets: Path) -> None:
    text = scan(
        output(1, SCRIPT_A, "1.5", 799_000),
        output(2, SCRIPT_A, "3.125", 799_901, coinbase=True),
        output(3, SCRIPT_A, "3.125", 799_900, coinbase=True),
        output(4, SCRIPT_B, "0.00000546", 800_000),
    )
    conversion = made(tmp_path, "bitcoin-core", text, wallets=bitcoin_wallets, **AT)
    assert balances(tmp_path) == {"WA": Decimal("4.625"), "WB": Decimal("0.00000546")}
    assert conversion.counts["outputs_immature"] == 1


def test_immature_coins_count_where_that_is_asked_for(tmp_path: Path, bitcoin_wallets: Path) -> None:
    text = scan(output(1, SCRIPT_A, "3.125", 800_000, coinbase=True))
    made(tmp_path, "bitcoin-core", text, wallets=bitcoin_wallets, immature="count", absent="zero", **AT)
    assert balances(tmp_path) == {"WA": Decimal("3.125"), "WB": Decimal(0)}


def test_the_time_comes_from_the_block_header_beside_the_scan(tmp_path: Path, bitcoin_wallets: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "scan.json").write_text(scan(output(1, SCRIPT_A, "1", 5), output(2, SCRIPT_B, "2", 6)))
    header = {"hash": "ab" * 32, "height": 800_000, "time": 1_777_680_000}
    (folder / "header.json").write_text(json.dumps({"result": header, "error": None, "id": 1}))
    from_path(tmp_path, "bitcoin-core", folder, wallets=bitcoin_wallets)
    seen = pq.read_table(tmp_path / "books" / "wallet_balance.parquet")["observed_at"].to_pylist()
    assert set(seen) == {datetime(2026, 5, 2, tzinfo=UTC)}
    (folder / "header.json").write_text(json.dumps(header | {"hash": "cd" * 32}))
    with pytest.raises(RecordsError, match=r"header\.json, column 'hash': is of block cdcd.* but scan\.json was made at abab"):
        convert("bitcoin-core", folder, tmp_path / "other", Options({}, wallets=bitcoin_wallets))


def test_getbalances_and_listaddressgroupings(tmp_path: Path, bitcoin_wallets: Path) -> None:
    sums = {"trusted": "@1.23456789@", "untrusted_pending": "@9@", "immature": "@50@"}
    told = {"mine": sums, "watchonly": sums | {"trusted": "@2@"}, "lastprocessedblock": {"hash": "ab" * 32, "height": 5}}
    conversion = made(tmp_path, "bitcoin-core", numbers(told), wallets=bitcoin_wallets, wallet_id="WA", **AT)
    assert balances(tmp_path) == {"WA": Decimal("3.23456789")}
    assert any("18 BTC are unconfirmed" in note for note in conversion.notes)
    groups = [[[A, "@0.3@", "label"], [B, "@0.00000001@"]]]
    convert_to = tmp_path / "groups"
    convert_to.mkdir()
    made(convert_to, "bitcoin-core", numbers(groups), wallets=bitcoin_wallets, **AT)
    assert balances(convert_to) == {"WA": Decimal("0.3"), "WB": Decimal("0.00000001")}


BAD_BITCOIN = {
    "nine places": (numbers([unspent(1, A, "0.000000001")]), "source.json, row 1, column 'amount': '1E-9' is no amount of bitcoin"),
    "negative": (numbers([unspent(1, A, "1"), unspent(2, A, "-1")]), "source.json, row 2, column 'amount': '-1' is no amount"),
    "too many": (numbers([unspent(1, A, "21000000.00000001")]), "row 1, column 'amount'"),
    "twice": (numbers([unspent(1, A, "1"), unspent(1, B, "1")]), "row 2, column 'txid': output 0000"),
    "a word": (numbers([unspent(1, A, '"x"')]), "source.json"),
    "no txid": (
        '[{"vout":0,"amount":1,"confirmations":1,"txid":5}]',
        "source.json, row 1, column 'txid': is not what the node answers",
    ),
    "not JSON": ("[{", "source.json: is not JSON"),
    "received, not held": (
        json.dumps([{"address": A, "amount": 1, "confirmations": 3, "txids": []}]),
        "source.json: lists what addresses ever received, not what they hold",
    ),
    "a failure": ('{"result":null,"error":{"code":-8,"message":"Scan already in progress"},"id":1}', "answer of failure"),
    "movements": (json.dumps([{"txid": "a", "category": "send", "amount": 1}]), "choose --from bitcoin-transactions"),
    "stranger": (
        numbers([unspent(1, A, "1"), unspent(2, "bc1qstranger", "0.5")]),
        "source.json, row 2, column 'address': 'bc1qstranger' is no wallet of wallet.csv; add the wallet",
    ),
    "absent": (numbers([unspent(1, A, "1")]), "source.json: does not mention wallet 'WB'; choose absent=zero"),
    "total": (
        scan(output(1, SCRIPT_A, "1", 5), output(2, SCRIPT_B, "1", 5), total="3"),
        "column 'total_amount': the outputs add up to 2",
    ),
    "above the scan": (scan(output(1, SCRIPT_A, "1", 800_001)), "column 'height': 800001 is above the block of the scan"),
}


@pytest.mark.parametrize("fault", BAD_BITCOIN)
def test_bad_bitcoin_answers(fault: str, tmp_path: Path, bitcoin_wallets: Path) -> None:
    text, message = BAD_BITCOIN[fault]
    assert message in refused(tmp_path, "bitcoin-core", text, wallets=bitcoin_wallets, **AT)


def test_without_a_time_nothing_is_written(tmp_path: Path, bitcoin_wallets: Path) -> None:
    said = refused(tmp_path, "bitcoin-core", numbers([unspent(1, A, "1")]), wallets=bitcoin_wallets)
    assert "source.json: does not say when it was true; say observed_at=" in said


def test_strangers_left_out_are_named_with_their_coins(tmp_path: Path, bitcoin_wallets: Path) -> None:
    listed = numbers([unspent(1, A, "1"), unspent(2, "bc1qstranger", "0.5")])
    conversion = made(tmp_path, "bitcoin-core", listed, wallets=bitcoin_wallets, unknown="leave_out", absent="leave_out", **AT)
    assert balances(tmp_path) == {"WA": Decimal(1)}
    account = json.loads((tmp_path / "books" / "conversion.json").read_text())
    assert any("bc1qstranger (0.5 BTC)" in note for note in account["notes"])
    assert any("their last balance stays: WB." in note for note in conversion.notes)
    assert len(account["wallets"]) == 64


def test_wallets_can_be_told_instead_of_listed(tmp_path: Path) -> None:
    told = {"tier": "cold", "holder": "customer", "ever_online": "false"}
    made(tmp_path, "bitcoin-core", numbers([unspent(1, A, "1")]), **AT, **told)
    assert balances(tmp_path) == {f"BTC:{A}": Decimal(1)}
    assert pq.read_table(tmp_path / "books" / "wallet.parquet")["tier"].to_pylist() == ["cold"]
    other = tmp_path / "other"
    other.mkdir()
    assert "ever_online" in refused(other, "bitcoin-core", numbers([unspent(1, A, "1")]), tier="cold", holder="own", **AT)


def test_addresses_of_scripts_follow_the_published_vectors() -> None:
    main, test = NETWORKS["main"], NETWORKS["test"]
    published = {
        "0014751e76e8199196d454941c45d1b3a323f1433bd6": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6": (
            "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y"
        ),
        "6002751e": "bc1sw50qgdz25j",
        "5210751e76e8199196d454941c45d1b3a323": "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
        "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798": (
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
        ),
        "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac": A,
    }
    for script, address in published.items():
        assert address_of(bytes.fromhex(script), main) == address
    vector = "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262"
    assert address_of(bytes.fromhex(vector), test) == "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7"
    for none in ("", "6a", "21" + "02" * 33 + "ac", "0013" + "00" * 19):
        assert address_of(bytes.fromhex(none), main) is None


# Bitcoin: movements


def transaction(n: int, spent: list[tuple[str, str]], paid: list[tuple[str, str]], **more: object) -> dict[str, object]:
    def told(address: str, value: str) -> dict[str, object]:
        return {"value": f"@{value}@", "scriptPubKey": {"hex": "00", "address": address}}

    inputs = [{"txid": f"{n + 1000:064x}", "vout": i, "prevout": told(a, v)} for i, (a, v) in enumerate(spent)]
    outputs = [told(a, v) | {"n": i} for i, (a, v) in enumerate(paid)]
    return {"txid": f"{n:064x}", "vin": inputs, "vout": outputs, "blocktime": 1_777_680_000, "confirmations": 3} | more


def test_a_transaction_is_told_over_itself_with_change_and_fee(tmp_path: Path, bitcoin_wallets: Path) -> None:
    paid = [("bc1qcustomer", "0.7"), (A, "0.29")]
    text = numbers(transaction(7, [(A, "0.6"), (B, "0.4")], paid))
    made(tmp_path, "bitcoin-transactions", text, wallets=bitcoin_wallets)
    txid = f"{7:064x}"
    assert sorted(movements(tmp_path)) == sorted(
        [
            (A, txid, Decimal("0.6")),
            (B.upper(), txid, Decimal("0.4")),
            (txid, "bc1qcustomer", Decimal("0.7")),
            (txid, A, Decimal("0.29")),
        ]
    )


def test_paired_movements_lose_nothing(tmp_path: Path, bitcoin_wallets: Path) -> None:
    paid = [("bc1qcustomer", "0.7"), (A, "0.29")]
    text = numbers(transaction(7, [(A, "0.6"), (B, "0.4")], paid))
    made(tmp_path, "bitcoin-transactions", text, wallets=bitcoin_wallets, form="pairs")
    assert sorted(movements(tmp_path)) == sorted(
        [
            (A, "bc1qcustomer", Decimal("0.6")),
            (B.upper(), "bc1qcustomer", Decimal("0.1")),
            (B.upper(), A, Decimal("0.29")),
            (B.upper(), "fee", Decimal("0.01")),
        ]
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(1, 10**15), min_size=1, max_size=4),
    st.lists(st.integers(1, 10**15), min_size=1, max_size=4),
)
def test_both_forms_agree_on_every_address(spent: list[int], paid: list[int]) -> None:
    from sekisho.records.convert.formats.bitcoin_transactions import _paired

    paid = paid[: max(1, len(paid))]
    if sum(paid) > sum(spent):
        spent.append(sum(paid))
    inputs = [(f"i{n}", Decimal(a)) for n, a in enumerate(spent)]
    outputs = [(f"o{n}", Decimal(a)) for n, a in enumerate(paid)] + [("fee", Decimal(sum(spent) - sum(paid)))]
    pairs = list(_paired(inputs, outputs))
    for name, amount in inputs:
        assert sum(q for s, _, q in pairs if s == name) == amount
    for name, amount in outputs:
        assert sum(q for _, r, q in pairs if r == name) == amount
    assert all(q > 0 for _, _, q in pairs)


def test_inputs_are_found_in_the_other_transactions_or_refused(tmp_path: Path, bitcoin_wallets: Path) -> None:
    first = transaction(1, [("bc1qsomebody", "2")], [(A, "1.5")])
    second = transaction(2, [(A, "1.5")], [("bc1qcustomer", "1.4")])
    second["vin"] = [{"txid": f"{1:064x}", "vout": 0}]
    made(tmp_path, "bitcoin-transactions", numbers([first, second]), wallets=bitcoin_wallets)
    assert (A, f"{2:064x}", Decimal("1.5")) in movements(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    said = refused(other, "bitcoin-transactions", numbers([second]), wallets=bitcoin_wallets)
    assert f"source.json, row 1, column 'vin': input 0 of {2:064x} is of a transaction that is not here" in said


def test_gettransaction_of_a_deposit_does_not_know_the_sender_of_a_withdrawal_must(tmp_path: Path) -> None:
    decoded = transaction(3, [], [(A, "1"), ("bc1qother", "5")]) | {"vin": [{"txid": "ff" * 32, "vout": 1}]}
    told = {"txid": decoded["txid"], "confirmations": 2, "blocktime": 1_777_680_000, "decoded": decoded}
    made(tmp_path, "bitcoin-transactions", numbers(told))
    assert movements(tmp_path) == [("unknown", A, Decimal(1)), ("unknown", "bc1qother", Decimal(5))]
    other = tmp_path / "other"
    other.mkdir()
    assert "whose coins left is unknown" in refused(other, "bitcoin-transactions", numbers(told | {"fee": "@-0.0001@"}))


def test_listtransactions_speaks_for_the_whole_wallet(tmp_path: Path) -> None:
    def entry(n: int, category: str, amount: str, vout: int = 0, **more: object) -> dict[str, object]:
        told = {"txid": f"{n:064x}", "category": category, "amount": f"@{amount}@", "vout": vout, "address": f"bc1q{n}{vout}"}
        return told | {"confirmations": 4, "blocktime": 1_777_680_000 + n} | more

    listed = [
        entry(1, "receive", "2"),
        entry(2, "send", "-0.5", fee="@-0.001@"),
        entry(2, "send", "-0.25", vout=1, fee="@-0.001@"),
        entry(3, "send", "-0.1", fee="@-0.002@"),
        entry(3, "receive", "0.1"),
        entry(4, "send", "-9", confirmations=-1),
        entry(5, "generate", "3.125"),
    ]
    assert "tells no sender" in refused(tmp_path, "bitcoin-transactions", numbers(listed))
    made(tmp_path, "bitcoin-transactions", numbers(listed), wallet_address="HOT")
    assert sorted(movements(tmp_path)) == sorted(
        [
            ("unknown", "HOT", Decimal(2)),
            ("HOT", "bc1q20", Decimal("0.5")),
            ("HOT", "bc1q21", Decimal("0.25")),
            ("HOT", "fee", Decimal("0.001")),
            ("HOT", "fee", Decimal("0.002")),
            ("coinbase", "HOT", Decimal("3.125")),
        ]
    )


# Ethereum and lists


def test_saved_requests_and_answers_are_joined_by_id(tmp_path: Path, ether_wallets: Path, tokens: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    data = "0x70a08231" + E1[2:].rjust(64, "0")
    requests = [
        {"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": ["0x10", False]},
        {"jsonrpc": "2.0", "id": 2, "method": "eth_getBalance", "params": [E1, "0x10"]},
        {"jsonrpc": "2.0", "id": 3, "method": "eth_getBalance", "params": [E2, "0x10"]},
        {"jsonrpc": "2.0", "id": 4, "method": "eth_call", "params": [{"to": USDC, "data": data}, "0x10"]},
    ]
    block = {"number": "0x10", "hash": "0x" + "ab" * 32, "timestamp": hex(1_777_680_000)}
    results = {1: block, 3: hex(1), 2: hex(10**26 + 1), 4: "0x" + f"{1_500_000:064x}"}
    (folder / "requests.json").write_text(json.dumps(requests))
    answers = [{"jsonrpc": "2.0", "id": i, "result": result} for i, result in results.items()]
    (folder / "answers.jsonl").write_text("\n".join(json.dumps(a) for a in answers))
    from_path(tmp_path, "ethereum-rpc", folder, wallets=ether_wallets, tokens=tokens)
    expected = {"E1": Decimal("100000000.000000000000000001"), "E2": Decimal("0.000000000000000001"), "U1": Decimal("1.5")}
    assert balances(tmp_path) == expected
    (folder / "answers.jsonl").write_text("\n".join(json.dumps(a) for a in answers[:-1]))
    with pytest.raises(RecordsError, match=r"requests\.json, row 4, column 'id': request 4 has no answer"):
        convert("ethereum-rpc", folder, tmp_path / "other", Options({}, wallets=ether_wallets, tokens=tokens))
    requests[2]["params"] = [E2, "latest"]
    (folder / "requests.json").write_text(json.dumps(requests))
    (folder / "answers.jsonl").write_text("\n".join(json.dumps(a) for a in answers))
    with pytest.raises(RecordsError, match=r"was asked at block 'latest', the saved block is 0x10"):
        convert("ethereum-rpc", folder, tmp_path / "other", Options({}, wallets=ether_wallets, tokens=tokens))


def test_a_list_in_wei_with_tokens(tmp_path: Path, ether_wallets: Path, tokens: Path) -> None:
    text = f"address;wei;token\n{E1};123456789012345678901;\n{E2};1;\n{E1};2500000;{USDC}\n"
    columns = {"balance": "wei", "contract": "token", "unit": "wei"}
    made(tmp_path, "balance-list", text, "list.csv", wallets=ether_wallets, tokens=tokens, **columns, **AT)
    assert balances(tmp_path) == {
        "E1": Decimal("123.456789012345678901"),
        "E2": Decimal("0.000000000000000001"),
        "U1": Decimal("2.5"),
    }


def test_a_list_with_its_own_names_assets_and_times(tmp_path: Path, ether_wallets: Path) -> None:
    text = f"Account,Coin,Holding,Seen\n{E1},ETH,1.5E-5,1777680000\n{E2},ETH,7,2026-05-02T09:00:00+09:00\n"
    text += f"{E1},USDC,0.000001,1777680000\n"
    columns = {"address": "Account", "balance": "Holding", "asset_column": "Coin", "time_column": "Seen"}
    made(tmp_path, "balance-list", text, "list.csv", wallets=ether_wallets, **columns)
    assert balances(tmp_path) == {"E1": Decimal("0.000015"), "E2": Decimal(7), "U1": Decimal("0.000001")}


BAD_LISTS = {
    "separators": (
        f'address,balance\n{E1},"1,000"\n',
        {},
        "list.csv, row 1, column 'balance': '1,000' is not a non-negative number",
    ),
    "a digit too many": (f"address,balance\n{E1},0.0000000000000000001\n", {}, "row 1, column 'balance'"),
    "a point in wei": (f"address,balance\n{E1},1.5\n", {"unit": "wei"}, "'1.5' is not a whole number of units of 10^-18"),
    "negative": (f"address,balance\n{E1},-1\n", {}, "'-1' is not"),
    "twice": (f"address,balance\n{E1},1\n{E1.upper().replace('0X', '0x')},1\n", {}, "row 2, column 'address'"),
    "no address": ("address,balance\n,1\n", {}, "row 1, column 'address': '' is not a text"),
    "no column": (f"address,amount\n{E1},1\n", {}, "list.csv, column 'balance': is missing"),
    "unit": (f"address,balance\n{E1},1\n", {"unit": "ounce"}, "option unit: 'ounce' is no unit"),
    "time": (f"address,balance\n{E1},1\n", {"observed_at": "yesterday"}, "option observed_at: 'yesterday' is no time"),
    "NaN": (f"address,balance\n{E1},NaN\n", {}, "'NaN' is not"),
}


@pytest.mark.parametrize("fault", BAD_LISTS)
def test_bad_lists(fault: str, tmp_path: Path, ether_wallets: Path) -> None:
    text, options, message = BAD_LISTS[fault]
    assert message in refused(tmp_path, "balance-list", text, "list.csv", wallets=ether_wallets, **(AT | options))


def test_the_general_mapping_reads_balances_too(tmp_path: Path) -> None:
    (tmp_path / "balances.csv").write_text("wallet,when,wei\nE1,1777680000,123456789012345678901\n")
    mapping = tmp_path / "map.yaml"
    mapping.write_text(
        "tables:\n  wallet_balance:\n    file: balances.csv\n    columns:\n      wallet_id: {column: wallet}\n"
        "      observed_at: {column: when, time: unix_s}\n      quantity: {column: wei, scale: 18}\n"
    )
    convert("mapping", tmp_path / "balances.csv", tmp_path / "books", Options({}, mapping))
    assert balances(tmp_path) == {"E1": Decimal("123.456789012345678901")}


# Explorer


NORMAL = (
    "Transaction Hash,Blockno,UnixTimestamp,DateTime (UTC),From,To,ContractAddress,Value_IN(ETH),Value_OUT(ETH),"
    "CurrentValue @ $1/Eth,TxnFee(ETH),TxnFee(USD),Historical $Price/Eth,Status,ErrCode,Method\n"
)
TOKEN = (
    "Transaction Hash,Blockno,UnixTimestamp,DateTime (UTC),From,To,TokenValue,USDValueDayOfTx,"
    "ContractAddress,TokenName,TokenSymbol\n"
)


def ether_row(n: int, sender: str, to: str, into: str, out: str, fee: str = "0.00042", status: str = "", made_: str = "") -> str:
    return f"0x{n:064x},1,177768{n:04d},x,{sender},{to},{made_},{into},{out},1,{fee},1,1,{status},{status},Transfer\n"


def test_explorer_lists_become_movements_with_fees(tmp_path: Path, ether_wallets: Path, tokens: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    own = E1.upper().replace("0X", "0x")
    (folder / "one.csv").write_text(
        NORMAL
        + ether_row(1, E3, E1, "5", "0")
        + ether_row(2, E1, E2, "0", "1.000000000000000001")
        + ether_row(3, E1, E3, "0", "2", status="Error(0)")
        + ether_row(4, E1, "", "0", "0", made_=USDC)
    )
    (folder / "two.csv").write_text(NORMAL + ether_row(2, E1, E2, "1.000000000000000001", "0"))
    (folder / "tokens.csv").write_text(TOKEN + f'0x{9:064x},1,1777680009,x,{E3},{E1},"1,234.5",1,{USDC},USD Coin,USDC\n')
    conversion = from_path(tmp_path, "etherscan", folder, wallets=ether_wallets, tokens=tokens)
    assert sorted(movements(tmp_path)) == sorted(
        [
            (E3, own, Decimal(5)),
            (own, E2, Decimal("1.000000000000000001")),
            (own, "fee", Decimal("0.00042")),
            (own, "fee", Decimal("0.00042")),
            (own, "fee", Decimal("0.00042")),
            (E3, E1, Decimal("1234.5")),
        ]
    )
    assert (conversion.counts["failed"], conversion.counts["told_again"], conversion.counts["without_value"]) == (1, 1, 1)


def test_a_token_that_only_calls_itself_usdc_is_not_it(tmp_path: Path, ether_wallets: Path, tokens: Path) -> None:
    false = "0x" + "66" * 20
    text = TOKEN + f"0x{9:064x},1,1777680009,x,{E3},{E1},1000000,1,{false},USD Coin,USDC\n"
    said = refused(tmp_path, "etherscan", text, "export.csv", wallets=ether_wallets, tokens=tokens)
    assert f"export.csv, row 1, column 'ContractAddress': '{false}' is not a contract of the list of tokens" in said


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ether_row(1, "0x12", E2, "1", "0"), "row 1, column 'From': '0x12' is not an address"),
        (ether_row(1, E1, E2, "x", "0"), "row 1, column 'Value_IN(ETH)': 'x' is not"),
        (ether_row(1, E1, E2, "1", "0") * 2, "row 2, column 'Transaction Hash'"),
    ],
)
def test_bad_explorer_rows(row: str, message: str, tmp_path: Path, ether_wallets: Path) -> None:
    assert message in refused(tmp_path, "etherscan", NORMAL + row, "export.csv", wallets=ether_wallets)


def test_a_file_nobody_reads_is_refused(tmp_path: Path, ether_wallets: Path) -> None:
    said = refused(tmp_path, "binance-trades", "timestamp_ms,side,price,amount\n", "AAA.csv", wallets=ether_wallets)
    assert "--wallets: is not read by binance-trades" in said


def test_two_wallets_at_one_address_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "wallet.csv"
    path.write_text(HEADER + f"X,ETH,{E1},cold,customer,,false,,\nY,ETH,{E1.upper().replace('0X', '0x')},cold,own,,false,,\n")
    said = refused(tmp_path, "balance-list", f"address,balance\n{E1},1\n", "list.csv", wallets=path, **AT)
    assert "wallet.csv, row 2, column 'address'" in said
    assert "is the ETH address of wallet 'X' too" in said


@given(st.integers(0, 10**38 - 1), st.integers(0, 18))
def test_smallest_units_become_exact_quantities(units: int, decimals: int) -> None:
    quantity = from_base_units(units, decimals)
    if quantity is None:
        assert units // 10**decimals >= 10**20
    else:
        assert EXACT.scaleb(quantity, decimals) == units
