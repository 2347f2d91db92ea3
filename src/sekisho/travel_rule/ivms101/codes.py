"""The code lists of IVMS101: kinds of names, addresses, identifiers and scripts, and the countries of ISO 3166-1."""

from __future__ import annotations

NATURAL_NAME_TYPES = ("ALIA", "BIRT", "MAID", "LEGL", "MISC")
LEGAL_NAME_TYPES = ("LEGL", "SHRT", "TRAD")
ADDRESS_TYPES = ("HOME", "BIZZ", "GEOG")
NATIONAL_IDENTIFIER_TYPES = ("ARNU", "CCPT", "RAID", "DRLC", "FIIN", "TXID", "SOCS", "IDCD", "LEIX", "MISC")
LEGAL_IDENTIFIER_TYPES = ("RAID", "MISC", "LEIX", "TXID")
"""What C7 leaves to a legal person."""
SCRIPTS = ("arab", "aran", "armn", "cyrl", "deva", "geor", "grek", "hani", "hebr", "kana", "kore", "thai", "othr")
PAYLOAD_VERSIONS = ("101", "101.2023")

COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT
    MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ
    UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()
)
"""The 249 codes of ISO 3166-1 alpha-2."""

UNKNOWN_STATE = "XX"
"""An indicator for unknown States, other entities or organisations (WIPO ST.3), allowed by C3."""


def lei_holds(lei: str) -> bool:
    """Whether the last two digits of a 20-character LEI are its check digits: ISO 17442, by ISO 7064 MOD 97-10."""
    return int("".join(str(int(character, 36)) for character in lei)) % 97 == 1
