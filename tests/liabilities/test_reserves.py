"""Who controls an address, and the ratio of what lies there to what is owed."""

from __future__ import annotations

import base64
import csv
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest
from coincurve import PrivateKey
from Crypto.Hash import keccak

from liabilities.days import tree_of
from sekisho.liabilities import ownership
from sekisho.liabilities.manifest import manifest_of
from sekisho.liabilities.ownership import NotCheckedError, NotOwnedError, Signed, check
from sekisho.liabilities.reserves import read_holdings, reserve_json
from sekisho.records.addresses import base58
from sekisho.records.addresses.ethereum import checksummed
from sekisho.records.errors import RecordsError

PROJECT = Path(__file__).resolve().parents[2]
MERKLE = Path(os.environ.get("SEKISHO_DATA", PROJECT.parent / "shared" / "data")) / "custody" / "merkle"
BIP322 = "bc1q9vza2e8x573nczrlzms0wvx3gsqjx7vavgkx0l"
"""Address and signatures of the test vectors in BIP-322."""
BIP322_SIGNED = {
    "": "AkcwRAIgM2gBAQqvZX15ZiysmKmQpDrG83avLIT492QBzLnQIxYCIBaTpOaD20qRlEylyxFSeEA2ba9YOixpX8z46TSDtS40"
    "ASECx/EgAxlkQpQ9hYjgGu6EBCPMVPwVIVJqO4XCsMvViHI=",
    "Hello World": "AkcwRAIgZRfIY3p7/DoVTty6YZbWS71bc5Vct9p9Fia83eRmw2QCICK/ENGfwLtptFluMGs2KsqoNSk89pO7F29zJLUx9a/s"
    "ASECx/EgAxlkQpQ9hYjgGu6EBCPMVPwVIVJqO4XCsMvViHI=",
}
KEY = PrivateKey(bytes(31) + b"\x07")


def bitcoin_signed(message: str, header: int = 31) -> str:
    text = message.encode()
    digest = base58.twice(b"\x18Bitcoin Signed Message:\n" + bytes([len(text)]) + text)
    made = KEY.sign_recoverable(digest, hasher=None)
    return base64.b64encode(bytes([header + made[64]]) + made[:64]).decode()


def ethereum_signed(message: str) -> tuple[str, str]:
    text = b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message.encode()
    made = KEY.sign_recoverable(keccak.new(digest_bits=256, data=text).digest(), hasher=None)
    public = KEY.public_key.format(compressed=False)[1:]
    address = keccak.new(digest_bits=256, data=public).digest()[-20:].hex()
    return "0x" + address, "0x" + (made[:64] + bytes([27 + made[64]])).hex()


def test_bitcoin_signed_messages() -> None:
    key = KEY.public_key.format()
    for address, header in ((ownership._p2pkh(key), 31), (ownership._p2sh_p2wpkh(key), 35), (ownership._p2wpkh(key), 39)):
        assert "BIP-137" in check(Signed("BTC", address, "of 2026-11-28", bitcoin_signed("of 2026-11-28", header)))
        with pytest.raises(NotOwnedError, match="signed by the key of"):
            check(Signed("BTC", address, "of 2026-11-29", bitcoin_signed("of 2026-11-28", header)))
    plain = ownership._p2pkh(KEY.public_key.format(compressed=False))
    assert "P2PKH" in check(Signed("BTC", plain, "m", bitcoin_signed("m", 27)))


def test_addresses_are_those_of_the_field() -> None:
    """The public key 0279be66…: its addresses are in BIP-173 and on every list."""
    key = PrivateKey(bytes(31) + b"\x01").public_key.format()
    assert ownership._p2pkh(key) == "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"
    assert ownership._p2wpkh(key) == "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    assert ownership._p2sh_p2wpkh(key) == "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN"


def test_bip322_vectors() -> None:
    for message, signature in BIP322_SIGNED.items():
        assert check(Signed("BTC", BIP322, message, signature)) == "Bitcoin BIP-322 simple, P2WPKH"
        with pytest.raises(NotOwnedError):
            check(Signed("BTC", BIP322, message + "!", signature))
        with pytest.raises(NotOwnedError):
            check(Signed("BTC", BIP322[:-1] + "q", message, signature))
    with pytest.raises(NotOwnedError):
        check(Signed("BTC", BIP322, "", base64.b64encode(b"\x02" + b"\x47" * 30).decode()))


def test_ethereum_signed_messages() -> None:
    address, signature = ethereum_signed("of 2026-11-28")
    assert check(Signed("ETH", address, "of 2026-11-28", signature)).endswith("over the message")
    assert check(Signed("ETH", checksummed(address.removeprefix("0x")), "of 2026-11-28", signature))
    with pytest.raises(NotOwnedError, match="checksum"):
        check(Signed("ETH", "0x" + address[2:].upper()[:20] + address[22:], "of 2026-11-28", signature))
    with pytest.raises(NotOwnedError):
        check(Signed("ETH", address, "of 2026-11-29", signature))
    with pytest.raises(NotOwnedError):
        check(Signed("ETH", address, "of 2026-11-28", signature[:-2] + "05"))
    with pytest.raises(NotOwnedError):
        check(Signed("ETH", address, "of 2026-11-28", "0x" + "00" * 64 + "1b"))
    with pytest.raises(NotCheckedError):
        check(Signed("TON", "UQB1CKrUWm7qf41Z", "m", "0x00"))


def test_published_files_of_two_venues() -> None:
    if not MERKLE.is_dir():
        pytest.skip(f"no public files at {MERKLE}; set SEKISHO_DATA")
    manifest = manifest_of(tree_of({"a": [10**18, 10**18], "b": [1, 1]}))
    okx = read_holdings(MERKLE / "por_okx" / "owned_addresses.csv", manifest)
    assert [h.state for h in okx] == ["verified", "verified", "not_checked", "not_checked", "not_checked"]
    told = reserve_json(manifest, okx)
    assert told["assets"][1]["verified"] == "0.207920483175044365"
    assert not any(h.names_the_day for h in okx)
    summa = read_holdings(MERKLE / "por_summa" / "csv" / "signatures.csv", manifest)
    assert [h.state for h in summa] == ["verified", "verified"]


def test_the_ratio_counts_only_signed_addresses_and_rounds_down(tmp_path: Path) -> None:
    manifest = manifest_of(tree_of({"a": [3 * 10**8, 10**8, 0], "b": [0, 0, 0]}))
    address, signature = ethereum_signed("2026-11-28")
    file = tmp_path / "addresses.csv"
    rows = [
        ["BTC", "BTC", ownership._p2pkh(KEY.public_key.format()), "2", "900000", "2026-11-28", bitcoin_signed("2026-11-28")],
        ["BTC", "BTC", ownership._p2wpkh(KEY.public_key.format()), "5", "900000", "another text", bitcoin_signed("2026-11-28")],
        ["ETH", "ETH", address, "1.5", "21000000", "2026-11-28", signature],
    ]
    header = ["asset", "network", "address", "quantity", "block", "message", "signature"]
    write(file, [header, *rows])
    holdings = read_holdings(file, manifest)
    told = {row["asset"]: row for row in reserve_json(manifest, holdings)["assets"]}
    assert told["BTC"] | {"covered": None} == {
        "asset": "BTC", "liabilities": "3.00000000", "verified": "2", "not_checked": "0", "failed": "5",
        "ratio": "0.666666", "covered": None,
    }  # fmt: skip
    assert told["BTC"]["covered"] is False
    assert told["ETH"]["ratio"] == "1.500000"
    assert told["ETH"]["covered"] is True
    assert told["JPY"]["ratio"] is None
    assert holdings[0].names_the_day
    write(file, [header, rows[0], rows[0]])
    with pytest.raises(RecordsError, match="as in row 1"):
        read_holdings(file, manifest)
    write(file, [header, [*rows[0][:3], "-1", *rows[0][4:]]])
    with pytest.raises(RecordsError, match="row 1, column 'quantity': '-1' is not a quantity"):
        read_holdings(file, manifest)


def test_balances_come_from_the_records(tmp_path: Path) -> None:
    manifest = manifest_of(tree_of({"a": [3 * 10**8], "b": [0]}))
    address = ownership._p2pkh(KEY.public_key.format())
    write(
        tmp_path / "wallet.csv",
        [["wallet_id", "asset", "address", "tier", "holder", "ever_online"], ["W1", "BTC", address, "cold", "customer", "false"]],
    )
    balances = [
        ["W1", f"2026-11-{day}Z", quantity] for day, quantity in (("28T00:00:00", "4"), ("28T14:59:59", "3"), ("28T15:00:01", "9"))
    ]
    write(tmp_path / "wallet_balance.csv", [["wallet_id", "observed_at", "quantity"], *balances])
    file = tmp_path / "signed.csv"
    write(file, [["asset", "network", "address", "message", "signature"], ["BTC", "BTC", address, "m", bitcoin_signed("m")]])
    (holding,) = read_holdings(file, manifest, tmp_path)
    assert holding.quantity == Decimal(3), "the last balance of the Japan day"
    assert holding.block == "2026-11-28T14:59:59Z"
    assert json.loads(json.dumps(reserve_json(manifest, (holding,))))["assets"][0]["ratio"] == "1.000000"


def write(file: Path, rows: list[list[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
