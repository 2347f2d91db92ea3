"""Host names: what is written in any width, alphabet or code ends in one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.typologies.host_names import UnreadableNameError, host_name, plain, shape
from sekisho.typologies.scam_names import judge


@pytest.mark.parametrize(
    ("text", "host", "registered", "hosting"),
    [
        ("https://www.Bitflyer.com/ja?x=1#y", "www.bitflyer.com", "bitflyer.com", None),
        ("ｂｉｔｆｌｙｅｒ。ｃｏｍ", "bitflyer.com", "bitflyer.com", None),
        ("user@mail.coincheck.com", "mail.coincheck.com", "coincheck.com", None),
        ("hxxps://evil[.]co[.]jp:8080/a", "evil.co.jp", "evil.co.jp", None),
        ("claim.foo.pages.dev", "claim.foo.pages.dev", "foo.pages.dev", "pages.dev"),
        ("foo.bar.github.io", "foo.bar.github.io", "bar.github.io", "github.io"),
        ("a.b.co.jp", "a.b.co.jp", "b.co.jp", None),
        ("bit\u200bflyer.com", "bitflyer.com", "bitflyer.com", None),
        ("xn--bitflyer-m9i.com", "bitflyerа.com", "bitflyerа.com", None),
    ],
)
def test_a_name_is_read(text: str, host: str, registered: str, hosting: str | None) -> None:
    if text.startswith("xn--"):
        text = "xn--" + host.split(".")[0].encode("punycode").decode() + ".com"
    name = host_name(text)
    assert (name.host, name.registered, name.hosting) == (host, registered, hosting)


@pytest.mark.parametrize("text", ["", "  ", "http://", "a b.com", "..", "<script>", "x" * 64 + ".com", "," * 3])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(UnreadableNameError):
        host_name(text)


@pytest.mark.parametrize("disguise", ["bіtflyer", "bitflуer", "ｂｉｔｆｌｙｅｒ", "bítflyér", "bitf1yer", "b1tflyer"])
def test_a_disguise_has_the_shape_of_what_it_hides(disguise: str) -> None:
    assert shape(disguise) == shape("bitflyer")


def test_voiced_kana_stay_what_they_are() -> None:
    assert plain("ビットバンク") == "ビットバンク"
    assert plain("ビットバンク") != plain("ヒットハンク")


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        judged = judge(text)
    except UnreadableNameError:
        return
    assert 0 <= judged.points <= 100
    assert judged.name.host
    assert judge(judged.name.host).points == judged.points


@pytest.mark.parametrize(
    "name",
    ["bitflyer.com", "www.coincheck.com", "coin.z.com", "app.uniswap.org", "google.com", "pages.dev", "co.jp", "amazon.co.jp"],
)
def test_own_and_ordinary_names_have_no_points_worth_a_warning(name: str) -> None:
    assert judge(name).points < 34


@pytest.mark.parametrize(
    ("name", "brand"),
    [
        ("claim-bitflyer.com", "bitflyer"),
        ("coincheck-airdrop.pages.dev", "coincheck"),
        ("bitbannk-login.top", "bitbank"),
        ("xn--cincheck-7fg.com", "coincheck"),
        ("unlswap-claim.xyz", "uniswap"),
        ("metarnask.wallet-connect.app", "metamask"),
    ],
)
def test_a_disguised_brand_is_named(name: str, brand: str) -> None:
    if name.startswith("xn--"):
        name = "xn--" + "cоincheck".encode("punycode").decode() + ".com"
    judged = judge(name)
    assert judged.brand == brand
    assert judged.points >= 34
    assert not judged.own
