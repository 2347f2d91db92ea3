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

_LETTERS = (
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCR"
    "CUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHU"
    "IDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQ"
    "MRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSI"
    "SJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW"
)
COUNTRIES = frozenset(_LETTERS[at : at + 2] for at in range(0, len(_LETTERS), 2))
"""The 249 codes of ISO 3166-1 alpha-2."""

UNKNOWN_STATE = "XX"
"""An indicator for unknown States, other entities or organisations (WIPO ST.3), allowed by C3."""


def lei_holds(lei: str) -> bool:
    """Whether the last two digits of a 20-character LEI are its check digits: ISO 17442, by ISO 7064 MOD 97-10."""
    return int("".join(str(int(character, 36)) for character in lei)) % 97 == 1
