"""Addresses as people write them: the published test vectors, and one normal form for every way of writing one destination."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.records.addresses import AddressError, base58, bech32, cashaddr, read_address, ripple, stellar
from sekisho.records.addresses.ethereum import checksummed, is_checksummed
from sekisho.records.addresses.problems import REASONS
from sekisho.records.addresses.reading import legacy_of
from sekisho.rulebook import load_rulebook

BECH32 = (
    "A12UEL5L",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
    "?1ezyfcl",
)
BECH32M = (
    "A1LQFN3A",
    "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
    "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
    "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
    "?1v759aa",
)
WITNESS_MAIN = {
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4": "P2WPKH",
    "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y": "P2TR",
    "BC1SW50QGDZ25J": "witness v16",
    "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs": "witness v2",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0": "P2TR",
}
WITNESS_TEST = (
    "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
    "tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy",
    "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
)
WITNESS_WRONG = (
    "tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
    "tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf",
    "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
    "tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47",
    "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
    "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
    "bc1pw5dgrnzv",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
    "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
    "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
    "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j",
    "bc1gmk9yu",
)
ERC_55 = (
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)
LEGACY_TO_CASH = {
    "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu": "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
    "1KXrWXciRDZUpQwQmuM1DbwsKDLYAYsVLR": "bitcoincash:qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy",
    "16w1D5WRVKJuZUsSRzdLp9w3YGcgoxDXb": "bitcoincash:qqq3728yw0y47sqn6l2na30mcw6zm78dzqre909m2r",
    "3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC": "bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq",
    "31nwvkZwyPdgzjBJZXfDmSWsC4ZLKpYyUw": "bitcoincash:pqq3728yw0y47sqn6l2na30mcw6zm78dzq5ucqzc37",
}


@pytest.mark.parametrize(("texts", "constant"), [(BECH32, bech32.BECH32), (BECH32M, bech32.BECH32M)])
def test_published_bech32_texts_have_the_right_checksum(texts: tuple[str, ...], constant: int) -> None:
    for text in texts:
        parts = bech32.decoded(text.lower())
        assert parts is not None
        assert parts.constant == constant, text
        assert bech32.encoded(parts.prefix, parts.words, constant) == text.lower()


def test_published_witness_addresses() -> None:
    for text, kind in WITNESS_MAIN.items():
        read = read_address(text)
        assert (read.network, read.kind, read.normal) == ("bitcoin", kind, text.lower())
    for text in WITNESS_TEST:
        assert _reason(text) == "test_network"
    for text in WITNESS_WRONG:
        assert REASONS[_reason(text)].verdict == "malformed", text


def test_published_ethereum_checksums() -> None:
    for text in ERC_55:
        assert is_checksummed(text[2:])
        assert checksummed(text[2:].lower()) == text if text not in ERC_55[:4] else True
        assert read_address(text).normal == text.lower()


def test_published_cashaddr_pairs_and_sizes() -> None:
    for legacy, cash in LEGACY_TO_CASH.items():
        assert read_address(cash).normal == cash
        assert read_address(cash.partition(":")[2], asset="BCH").normal == cash
        assert read_address(legacy).network == "bitcoin"
        with pytest.raises(AddressError) as told:
            read_address(legacy, asset="BCH")
        assert told.value.reason == "legacy_for_bitcoin_cash"
        assert told.value.address is not None
        assert told.value.address.normal == cash
    short, long = "F5BF48B397DAE70BE82B3CCA4793F8EB2B6CDAC9", "7ADBF6C17084BC86C1706827B41A56F5CA32865925E946EA"
    assert cashaddr.encoded("bitcoincash", 0, bytes.fromhex(short)) == "bitcoincash:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2"
    assert cashaddr.encoded("bchtest", 1, bytes.fromhex(short)) == "bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t"
    assert cashaddr.decoded("bitcoincash", "q9adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h2ws4mr9g0") == (0, bytes.fromhex(long))
    assert _reason("bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t") == "test_network"
    for legacy, cash in LEGACY_TO_CASH.items():
        assert legacy_of(read_address(cash)) == legacy


@pytest.mark.parametrize(
    ("text", "normal", "network"),
    [
        ("X7AcgcsBL6XDcUb289X4mJ8djcdyKaB5hJDWMArnXr61cqZ", "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59", "xrp-ledger"),
        ("X7AcgcsBL6XDcUb289X4mJ8djcdyKaGZMhc9YTE92ehJ2Fu", "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59?dt=1", "xrp-ledger"),
        ("r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59:0001", "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59?dt=1", "xrp-ledger"),
        (
            "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK",
            "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ?memo=9223372036854775808",
            "stellar",
        ),
        (
            "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8",
            "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8",
            "cardano",
        ),
        (
            "Ae2tdPwUPEZFRbyhz3cpfC2CumGzNkFBN2L42rcUc2yjQpEkxDbkPodpMAi",
            "Ae2tdPwUPEZFRbyhz3cpfC2CumGzNkFBN2L42rcUc2yjQpEkxDbkPodpMAi",
            "cardano",
        ),
        ("TMStbg5fgb4uTV7fK1gEYF9hKAzP3siPsG", "TMStbg5fgb4uTV7fK1gEYF9hKAzP3siPsG", "tron"),
        ("LNwgtMxcKUQ51dw7bQL1yPQjBVZh6QEqsd", "LNwgtMxcKUQ51dw7bQL1yPQjBVZh6QEqsd", "litecoin"),
        ("DFFJhnQNZf8rf67tYnesPu7MuGUpYtzv7Z", "DFFJhnQNZf8rf67tYnesPu7MuGUpYtzv7Z", "dogecoin"),
        ("So11111111111111111111111111111111111111112", "So11111111111111111111111111111111111111112", "solana"),
        ("bitcoin:1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu?amount=1", "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "bitcoin"),
        ("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "ethereum"),
    ],
)
def test_other_networks(text: str, normal: str, network: str) -> None:
    read = read_address(text)
    assert (read.normal, read.network) == (normal, network)


@pytest.mark.parametrize(
    ("text", "asset", "reason"),
    [
        ("", None, "empty"),
        (" \u200b ", "BTC", "empty"),
        ("0x5\u0430Aeb6053F3E94C9b9A09f33669435E7Ef1BeAed", None, "homoglyph"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe\U0001d7d8", None, "foreign_character"),
        ("vitalik.eth", "ETH", "name"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", None, "wrong_length"),
        ("0x5gAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", None, "wrong_character"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "ZZZ", "checksum"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8F3T4", None, "mixed_case"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", None, "checksum"),
        ("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggv", None, "checksum"),
        ("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVgOu", "BTC", "wrong_character"),
        ("qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6q", "BCH", "checksum"),
        ("GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGA", None, "checksum"),
        ("r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59:4294967296", None, "bad_tag"),
        ("SKY-ACCOUNT-77", None, "unknown_form"),
        ("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", None, "test_network"),
        ("T719a5UwUCnEs54UsxG9CJYYDhwmFCqkr7wxCcNcfZ6p5GZ", None, "test_network"),
        ("addr_test1vz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzerspjrlsz", "ADA", "test_network"),
        ("stake1uyehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gh6ffgw", None, "stake_address"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "BTC", "other_network"),
        ("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "USDC", "other_network"),
        ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "BTC", "cashaddr_for_bitcoin"),
        ("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "BCH", "legacy_for_bitcoin_cash"),
    ],
)
def test_each_fault_has_its_reason(text: str, asset: str | None, reason: str) -> None:
    assert _reason(text, asset) == reason


def test_two_tags_that_differ_and_memos_that_do_not_fit() -> None:
    for text, tag, reason in (
        ("r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59?dt=1", "2", "two_tags"),
        ("X7AcgcsBL6XDcUb289X4mJ8djcdyKaGZMhc9YTE92ehJ2Fu", "2", "two_tags"),
        ("GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ", "a memo of more than 28 bytes .", "bad_memo"),
    ):
        with pytest.raises(AddressError) as told:
            read_address(text, tag=tag)
        assert told.value.reason == reason


def test_a_form_not_known_here_passes_for_an_asset_not_known_here_and_says_so() -> None:
    assert read_address("UQBk0sqXzYGx0kl5dDtVxmtHAsBLLlTgC1UwMkLnIkgOj0Q9", asset="USDT").notes == ("not_checked",)
    assert read_address("13UVJyLnbVp9RBZYFwFGyDvVd1y27Tt8tkntv6Q7JVPhFsTB", asset="DOT").notes == ("not_checked",)
    assert read_address("QcJTwKfGRUQ6zkmfYAnCW1ZyTvmnTkGV7k", asset="QTUM").notes == ("not_checked",)
    assert _reason("TMStbg5fgb4uTV7fK1gEYF9hKAzP3siPsH", "USDT") == "checksum"
    assert _reason("UQBk0sqXzYGx0kl5dDtVxmtHAsBLLlTgC1UwMkLnIkgOj0Q9", "BTC") == "wrong_character"


def test_every_reason_has_its_sentence_in_the_rule() -> None:
    sentences = load_rulebook()["transfers/malformed_address"].sentences
    for reason, why in REASONS.items():
        assert why.en in sentences[reason].en
        assert why.ja in sentences[reason].ja


KEYS = st.binary(min_size=20, max_size=20)
MAKERS = {
    "ethereum": lambda key: checksummed(key.hex()),
    "P2PKH": lambda key: base58.check_encoded(b"\0" + key),
    "P2SH": lambda key: base58.check_encoded(b"\5" + key),
    "P2WPKH": lambda key: bech32.encoded("bc", [0, *bech32.five_bits(key)], bech32.BECH32),
    "litecoin": lambda key: bech32.encoded("ltc", [0, *bech32.five_bits(key)], bech32.BECH32),
    "P2TR": lambda key: bech32.encoded("bc", [1, *bech32.five_bits(key + key[:12])], bech32.BECH32M),
    "cash": lambda key: cashaddr.encoded(cashaddr.MAIN, 0, key),
    "tron": lambda key: base58.check_encoded(b"\x41" + key),
    "dogecoin": lambda key: base58.check_encoded(b"\x1e" + key),
    "xrp": lambda key: base58.check_encoded(b"\0" + key, base58.RIPPLE),
    "solana": lambda key: base58.encoded(key + key[:12]),
    "stellar": lambda key: stellar.encoded("account", key + key[:12]),
    "cardano": lambda key: bech32.encoded("addr", [*bech32.five_bits(b"\x61" + key + key[:8])], bech32.BECH32),
}
CASELESS = ("P2WPKH", "P2TR", "litecoin", "cash", "cardano")


def _full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) for c in text)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(MAKERS)), KEYS, st.data())
def test_however_it_is_written_a_destination_has_one_form(kind: str, key: bytes, data: st.DataObject) -> None:
    text = MAKERS[kind](key)
    normal = read_address(text).normal
    ways = [text, _full_width(text), f" {text}\n", "\u200b".join(text), f"\ufeff{text}\u3000"]
    if kind in CASELESS:
        ways.append(text.upper())
    if kind == "ethereum":
        ways += [text.lower(), f"0X{text[2:]}", f"0x{text[2:].upper()}", text[2:], f"ethereum:{text}@1"]
    if kind == "cash":
        ways += [text.partition(":")[2], text.partition(":")[2].upper()]
    if kind == "xrp":
        ways.append(ripple.packed(text, None))
    for way in ways:
        assert read_address(way).normal == normal, way
    assert read_address(normal).normal == normal
    at = data.draw(st.integers(0, len(text) - 1))
    assert read_address(text[:at] + data.draw(st.sampled_from(" \u200d\u00ad\t")) + text[at:]).normal == normal


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(set(MAKERS) - {"solana"})), KEYS, st.data())
def test_one_wrong_character_is_never_another_destination_unnoticed(kind: str, key: bytes, data: st.DataObject) -> None:
    text = MAKERS[kind](key)
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("0123456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"))
    wrong = text[:at] + letter + text[at + 1 :]
    try:
        read = read_address(wrong)
    except AddressError:
        return
    if kind == "ethereum" and not any(c.isupper() for c in wrong[2:]):
        return
    assert read.normal == read_address(text).normal or "no_checksum" in read.notes


NEARLY = st.text(alphabet="0x1bcqp:?=&dtrXGM.@/tag bitconash9zL\u200b\uff11\u0430", max_size=70)


@settings(max_examples=300)
@given(
    st.one_of(st.text(max_size=80), NEARLY),
    st.sampled_from([None, "BTC", "ETH", "XRP", "BCH", "ADA", "ZZZ"]),
    st.sampled_from([None, "7", "x"]),
)
def test_no_text_at_all_is_more_than_an_error(text: str, asset: str | None, tag: str | None) -> None:
    try:
        read_address(text, asset=asset, tag=tag)
    except AddressError as error:
        said = (error.en, error.ja)
        assert all(said)


@given(st.binary(max_size=40))
def test_base58_there_and_back(content: bytes) -> None:
    if content:
        assert base58.decoded(base58.encoded(content)) == content
        assert base58.check_decoded(base58.check_encoded(content)) == content


def _reason(text: str, asset: str | None = None) -> str:
    with pytest.raises(AddressError) as told:
        read_address(text, asset=asset)
    return told.value.reason
