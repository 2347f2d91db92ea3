"""Why a text is not an address to which this asset may go, in English and Japanese: malformed before wrong network."""

from __future__ import annotations

from typing import NamedTuple

MALFORMED, WRONG_NETWORK = "malformed", "wrong_network"


class Why(NamedTuple):
    """A reason: which verdict it gives, and its sentence with the facts it names."""

    verdict: str
    en: str
    ja: str


REASONS = {
    "empty": Why(MALFORMED, "no address is given", "アドレスが入力されていない"),
    "homoglyph": Why(
        MALFORMED,
        "the character at place {place} is {character}, which looks like '{looks_like}' but is not; it is not replaced",
        "{place}文字目の{character}は「{looks_like}」に見えるが別の文字であり、置き換えは行わない",
    ),
    "foreign_character": Why(
        MALFORMED,
        "the character at place {place} is {character}; no address holds it",
        "{place}文字目の{character}はアドレスに使用されない文字である",
    ),
    "name": Why(MALFORMED, "this is a name, not an address; resolve it first", "アドレスではなく名前であり、先に解決を要する"),
    "wrong_length": Why(
        MALFORMED,
        "an address of {scheme} has {expected} characters, this text has {found}",
        "{scheme}のアドレスは{expected}文字であるべきところ{found}文字である",
    ),
    "wrong_character": Why(
        MALFORMED,
        "'{character}' at place {place} is no character of {scheme}",
        "{place}文字目の「{character}」は{scheme}の文字ではない",
    ),
    "mixed_case": Why(
        MALFORMED, "{scheme} is written in small or in capital letters, not in both", "{scheme}では大文字と小文字を混用しない"
    ),
    "checksum": Why(
        MALFORMED,
        "the address does not match its own checksum ({scheme}): at least one character is wrong",
        "アドレスがそのチェックサム（{scheme}）と一致せず、少なくとも1文字が誤っている",
    ),
    "not_sound": Why(
        MALFORMED,
        "the checksum is right, but {scheme} allows no such version, kind or length",
        "チェックサムは正しいが、{scheme}が認めない種別又は長さである",
    ),
    "bad_tag": Why(
        MALFORMED,
        "'{tag}' is no destination tag, a number from 0 to 4294967295",
        "「{tag}」は宛先タグ（0から4294967295の整数）ではない",
    ),
    "bad_memo": Why(
        MALFORMED,
        "'{tag}' is no memo: up to 28 bytes of text, a number, or a hash",
        "「{tag}」はメモ（28バイト以内の文字列、整数又はハッシュ）ではない",
    ),
    "two_tags": Why(
        MALFORMED,
        "the address carries tag {within}, and tag {beside} is given beside it",
        "アドレスに含まれるタグ{within}と別に指定されたタグ{beside}が異なる",
    ),
    "unknown_form": Why(MALFORMED, "this is no form of address that is known here", "既知のアドレス形式ではない"),
    "test_network": Why(
        WRONG_NETWORK, "this is an address of a test network of {network}", "{network}のテストネットワークのアドレスである"
    ),
    "legacy_for_bitcoin_cash": Why(
        WRONG_NETWORK,
        "this is the old form, which Bitcoin and Bitcoin Cash share; ask for the CashAddr, which is {cashaddr}",
        "ビットコインと共通の旧形式であり、CashAddr形式（{cashaddr}）の確認を要する",
    ),
    "cashaddr_for_bitcoin": Why(
        WRONG_NETWORK,
        "this is a Bitcoin Cash address (CashAddr), not one of Bitcoin",
        "ビットコインではなくビットコインキャッシュのアドレスである",
    ),
    "stake_address": Why(
        WRONG_NETWORK,
        "this is a Cardano stake address, to which nothing can be sent",
        "Cardanoのステークアドレスであり、送付先とならない",
    ),
    "other_network": Why(
        WRONG_NETWORK,
        "this is an address of {found}; {asked} goes to {expected}",
        "{found}のアドレスであり、{asked}の送付先（{expected}）ではない",
    ),
}
"""Every reason, by its name, in order of precedence."""
