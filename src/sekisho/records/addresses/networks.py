"""Which networks carry an asset, under which names people write them, and with which bytes their addresses begin.

Sources: ``chainparams.cpp`` of Bitcoin Core, Litecoin, Dogecoin, Dash and Monacoin, Zcash's protocol specification 5.6, TRON's
account documentation (``0x41``), SLIP-173 (Bech32 prefixes).
"""

from __future__ import annotations

from typing import NamedTuple

BITCOIN, BITCOIN_CASH, LITECOIN, DOGECOIN = "bitcoin", "bitcoin-cash", "litecoin", "dogecoin"
ETHEREUM, TRON, XRP_LEDGER, SOLANA, STELLAR, CARDANO = "ethereum", "tron", "xrp-ledger", "solana", "stellar", "cardano"
MONACOIN, DASH, ZCASH = "monacoin", "dash", "zcash"


class Version(NamedTuple):
    """What the leading bytes of a Base58Check payload say: network, kind of destination, and whether it is the main net."""

    network: str
    kind: str
    main: bool


BASE58_VERSIONS: dict[bytes, tuple[Version, ...]] = {
    b"\x00": (Version(BITCOIN, "P2PKH", True), Version(BITCOIN_CASH, "P2PKH", True)),
    b"\x05": (
        Version(BITCOIN, "P2SH", True),
        Version(BITCOIN_CASH, "P2SH", True),
        Version(LITECOIN, "P2SH", True),
        Version(MONACOIN, "P2SH", True),
    ),
    b"\x6f": (Version(BITCOIN, "P2PKH", False), Version(BITCOIN_CASH, "P2PKH", False), Version(LITECOIN, "P2PKH", False)),
    b"\xc4": (
        Version(BITCOIN, "P2SH", False),
        Version(BITCOIN_CASH, "P2SH", False),
        Version(LITECOIN, "P2SH", False),
        Version(DOGECOIN, "P2SH", False),
    ),
    b"\x30": (Version(LITECOIN, "P2PKH", True),),
    b"\x32": (Version(LITECOIN, "P2SH", True), Version(MONACOIN, "P2PKH", True)),
    b"\x3a": (Version(LITECOIN, "P2SH", False),),
    b"\x1e": (Version(DOGECOIN, "P2PKH", True),),
    b"\x16": (Version(DOGECOIN, "P2SH", True),),
    b"\x71": (Version(DOGECOIN, "P2PKH", False),),
    b"\x41": (Version(TRON, "account", True),),
    b"\x37": (Version(MONACOIN, "P2SH", True),),
    b"\x4c": (Version(DASH, "P2PKH", True),),
    b"\x10": (Version(DASH, "P2SH", True),),
    b"\x8c": (Version(DASH, "P2PKH", False),),
    b"\x13": (Version(DASH, "P2SH", False),),
    b"\x1c\xb8": (Version(ZCASH, "P2PKH", True),),
    b"\x1c\xbd": (Version(ZCASH, "P2SH", True),),
    b"\x1d\x25": (Version(ZCASH, "P2PKH", False),),
    b"\x1c\xba": (Version(ZCASH, "P2SH", False),),
}
"""The same byte may stand for several networks; the first is meant where nothing else is said. Each hash is of 20 bytes."""

SEGWIT_PREFIXES = {
    "bc": (BITCOIN, True),
    "tb": (BITCOIN, False),
    "bcrt": (BITCOIN, False),
    "ltc": (LITECOIN, True),
    "tltc": (LITECOIN, False),
    "rltc": (LITECOIN, False),
    "mona": (MONACOIN, True),
    "tmona": (MONACOIN, False),
}
"""The readable part of a witness address: network, and whether it is the main net."""

NETWORK_NAMES = {
    name: network
    for network, names in {
        BITCOIN: "bitcoin btc xbt bitcoin-mainnet",
        BITCOIN_CASH: "bitcoin-cash bitcoincash bch",
        LITECOIN: "litecoin ltc",
        DOGECOIN: "dogecoin doge",
        ETHEREUM: "ethereum eth erc20 erc-20 evm arbitrum arbitrum-one optimism base polygon matic bsc bep20 bep-20 "
        "bnb-smart-chain avalanche avalanche-c avax-c c-chain fantom linea scroll zksync ethereum-classic etc flare songbird",
        TRON: "tron trx trc20 trc-20",
        XRP_LEDGER: "xrp-ledger xrp xrpl ripple",
        SOLANA: "solana sol spl",
        STELLAR: "stellar xlm",
        CARDANO: "cardano ada",
        MONACOIN: "monacoin mona",
        DASH: "dash",
        ZCASH: "zcash zec",
    }.items()
    for name in names.split()
}
"""What people write for a network, in lower case with hyphens."""

_ETHEREUM_ASSETS = """
ETH ETC POL MATIC LINK UNI AAVE MKR DAI BAT ENJ SAND MANA AXS CHZ GRT COMP CRV LDO SHIB
PEPE APE IMX OMG JPYC WBTC ARB OP FLR SGB
"""
_STABLE = (ETHEREUM, TRON, SOLANA)
ASSET_NETWORKS: dict[str, tuple[str, ...]] = {
    "BTC": (BITCOIN,),
    "XBT": (BITCOIN,),
    "BCH": (BITCOIN_CASH,),
    "LTC": (LITECOIN,),
    "DOGE": (DOGECOIN,),
    "TRX": (TRON,),
    "XRP": (XRP_LEDGER,),
    "SOL": (SOLANA,),
    "XLM": (STELLAR,),
    "ADA": (CARDANO,),
    "MONA": (MONACOIN,),
    "DASH": (DASH,),
    "ZEC": (ZCASH,),
    "USDT": _STABLE,
    "USDC": (*_STABLE, STELLAR),
    **dict.fromkeys(_ETHEREUM_ASSETS.split(), (ETHEREUM,)),
}
"""On which networks an asset is sent. An asset that is not named here may be sent anywhere, and its addresses are read by form."""

SENT_ELSEWHERE_TOO = frozenset({"USDT", "USDC"})
"""Assets that also live on networks whose addresses are not read here: a form that is not known may be one of theirs."""


class Allowed(NamedTuple):
    """Where an asset may be sent; ``only`` where no other network is possible."""

    networks: tuple[str, ...]
    only: bool


def networks_of(asset: str | None, network: str | None) -> Allowed | None:
    """Where an asset may go, or which network is meant by what people write; None where nothing is known of either."""
    if network:
        named = NETWORK_NAMES.get("-".join(network.lower().replace("_", " ").replace("-", " ").split()))
        if named is not None:
            return Allowed((named,), True)
        return None
    symbol = asset.upper() if asset else ""
    networks = ASSET_NETWORKS.get(symbol)
    return None if networks is None else Allowed(networks, symbol not in SENT_ELSEWHERE_TOO)
