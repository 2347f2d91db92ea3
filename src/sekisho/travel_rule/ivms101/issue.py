"""What is wrong with a payload: the constraint, the place, and what to do about it, in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

ERRORS = (
    "structure", "code", "list", "text", "date",
    "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C11-checkdigit", "C12",
)  # fmt: skip
"""The constraints that make a payload invalid. ``C1`` to ``C12`` are the standard's; ``C11-checkdigit`` is ISO 17442's, which the
type LEIX names; the first five are the structure (5.2, 6), the code lists, the multiplicities and the text and date types (5.3)."""
NOTES = ("unknown-element", "text-2020", "letter-case", "version", "key-style", "not-checked")
"""What is told beside the verdict and does not change it."""


class Issue(NamedTuple):
    """One departure from the standard. ``path`` is a JSONPath; ``told`` names its words below, ``facts`` fill them."""

    constraint: str
    path: str
    told: str
    facts: Mapping[str, object]

    @property
    def is_error(self) -> bool:
        """Whether it makes the payload invalid; otherwise it is a note."""
        return self.constraint not in NOTES

    def problem(self, language: str = "en") -> str:
        """What is wrong, in one sentence."""
        return WORDS[self.told][language][0].format_map(_in_words(self.facts, language))

    def remedy(self, language: str = "en") -> str:
        """What to do about it, in one sentence."""
        return WORDS[self.told][language][1].format_map(_in_words(self.facts, language))


_KINDS_JA = {
    "an object": "オブジェクト",
    "a list": "配列",
    "a text": "文字列",
    "a number": "数値",
    "true or false": "真偽値",
    "null": "null",
    "an integer of at most 18 digits": "18桁以内の整数",
}


def _in_words(facts: Mapping[str, object], language: str) -> Mapping[str, object]:
    """Facts as a sentence of the language says them."""
    return facts if language == "en" else {name: _KINDS_JA.get(str(fact), fact) for name, fact in facts.items()}


Words = dict[str, tuple[str, str]]


def _words(problem_en: str, remedy_en: str, problem_ja: str, remedy_ja: str) -> Words:
    return {"en": (problem_en, remedy_en), "ja": (problem_ja, remedy_ja)}


WORDS: dict[str, Words] = {
    "wrong_type": _words(
        "{name} is {have}; the standard asks for {want}",
        "write {name} as {want}",
        "{name}は{want}であるべきところ、{have}になっている",
        "{name}を{want}として記載する",
    ),
    "missing": _words(
        "the required element {name} is missing",
        "give {component}.{name}",
        "必須項目{name}がない",
        "{component}.{name}を記載する",
    ),
    "either_person": _words(
        "{count} of naturalPerson and legalPerson are given; a person is exactly one of them",
        "keep exactly one of naturalPerson and legalPerson",
        "naturalPersonとlegalPersonのうち{count}個が記載されている（いずれか一つに限る）",
        "naturalPersonとlegalPersonのいずれか一つだけを記載する",
    ),
    "version_mismatch": _words(
        "payloadVersion is {have}, the payload was judged by issue {version}",
        "state payloadVersion 101.2023 in a payload of 2023, or judge it by its own issue",
        "payloadVersionは{have}であるが、{version}年版として検証された",
        "2023年版の電文にはpayloadVersion 101.2023を記載するか、該当する版で検証する",
    ),
    "not_in_list": _words(
        "{name} is {value}, which is none of {codes}",
        "use one of {codes}",
        "{name}の値{value}は{codes}のいずれでもない",
        "{codes}のいずれかを用いる",
    ),
    "too_many": _words(
        "{name} has {count} entries, at most {most} are taken",
        "give at most {most}",
        "{name}が{count}件あり、上限{most}件を超えている",
        "{most}件以内にする",
    ),
    "empty_list": _words(
        "{name} is an empty list, at least one entry is required",
        "give at least one {name}",
        "{name}が空である（1件以上必要）",
        "{name}を1件以上記載する",
    ),
    "empty_text": _words(
        "{name} is empty",
        "give {name}, or leave the element out where it is optional",
        "{name}が空文字である",
        "{name}を記載する。任意項目であれば項目ごと省略する",
    ),
    "too_long": _words(
        "{name} has {count} characters, at most {most} are allowed",
        "shorten {name} to {most} characters",
        "{name}は{count}文字で、上限{most}文字を超えている",
        "{name}を{most}文字以内にする",
    ),
    "not_latin": _words(
        "{name} holds {character!r}, which the text type does not allow",
        "write {name} in Latin letters and put the national script into localNameIdentifier",
        "{name}に使用できない文字{character!r}が含まれている",
        "{name}はラテン文字で記載し、漢字・仮名等の表記はlocalNameIdentifierに記載する",
    ),
    "line_break": _words(
        "{name} holds a line break",
        "write {name} on one line",
        "{name}に改行が含まれている",
        "{name}を1行で記載する",
    ),
    "not_a_day": _words(
        "{name} is {value}, which is not a day written YYYY-MM-DD",
        "write the day as YYYY-MM-DD",
        "{name}の値{value}はYYYY-MM-DD形式の日付ではない",
        "日付をYYYY-MM-DD形式で記載する",
    ),
    "C1": _words(
        "the originator, a natural person, has no geographicAddress with a type, customer identification, nationalIdentification "
        "or dateAndPlaceOfBirth",
        "give the originator at least one of the four",
        "送付依頼人（自然人）に住所（種別付き）、顧客識別番号、公的識別番号、生年月日・出生地のいずれもない",
        "いずれか一つ以上を記載する",
    ),
    "C2": _words(
        "dateOfBirth {value} does not lie before {as_of}",
        "correct the date of birth",
        "生年月日{value}が{as_of}より前でない",
        "生年月日を訂正する",
    ),
    "C3": _words(
        "{name} is {value}, which is neither an ISO 3166-1 alpha-2 code nor XX",
        "use the two-letter code of the country, in capitals",
        "{name}の値{value}はISO 3166-1の2文字国コードでもXXでもない",
        "大文字2文字の国コードを用いる",
    ),
    "C4": _words(
        "the originator, a legal person, has no geographicAddress of type GEOG, customer identification or nationalIdentification",
        "give the originator at least one of the three",
        "送付依頼人（法人）に種別GEOGの所在地、顧客識別番号、公的識別番号のいずれもない",
        "いずれか一つ以上を記載する",
    ),
    "C5": _words(
        "no name of the legal person has the type LEGL",
        "give the legal name with legalPersonNameIdentifierType LEGL",
        "法人の名称に種別LEGL（正式名称）のものがない",
        "正式名称を種別LEGLで記載する",
    ),
    "C6": _words(
        "no name of the natural person has the type LEGL",
        "give the legal name with the type LEGL",
        "自然人の氏名に種別LEGL（法律上の氏名）のものがない",
        "法律上の氏名を種別LEGLで記載する",
    ),
    "C7": _words(
        "a legal person is identified by {value}; only RAID, MISC, LEIX and TXID are allowed",
        "use RAID, MISC, LEIX or TXID",
        "法人の識別番号の種別{value}は認められていない（RAID、MISC、LEIX、TXIDに限る）",
        "RAID、MISC、LEIX、TXIDのいずれかを用いる",
    ),
    "C8": _words(
        "the address has neither addressLine nor streetName with buildingName or buildingNumber",
        "give addressLine, or streetName with buildingName or buildingNumber",
        "住所にaddressLineも、streetNameとbuildingName又はbuildingNumberの組もない",
        "addressLine又はstreetNameとbuildingName・buildingNumberを記載する",
    ),
    "C9_country": _words(
        "the national identification of a legal person has a countryOfIssue",
        "leave countryOfIssue out; registrationAuthority says who issued the number",
        "法人の識別番号にcountryOfIssueが記載されている",
        "countryOfIssueを省略し、registrationAuthorityで発行機関を示す",
    ),
    "C9_missing": _words(
        "the national identification of a legal person, of type {value}, has no registrationAuthority",
        "give the GLEIF code of the registration authority, such as RA000412",
        "法人の識別番号（種別{value}）にregistrationAuthorityがない",
        "登録機関のGLEIFコード（例：RA000412）を記載する",
    ),
    "C9_lei": _words(
        "an LEI is given together with a registrationAuthority",
        "leave registrationAuthority out for LEIX",
        "LEIにregistrationAuthorityが併記されている",
        "種別LEIXではregistrationAuthorityを省略する",
    ),
    "C10": _words(
        "registrationAuthority {value} is not on the GLEIF Registration Authorities List{listed_on}",
        "use the code of the list, RA and six digits",
        "registrationAuthorityの値{value}はGLEIFの登録機関一覧{listed_on}にない",
        "一覧のコード（RAと数字6桁）を用いる",
    ),
    "C11": _words(
        "the LEI {value} is not 18 capitals or digits followed by two digits",
        "give the 20-character LEI as GLEIF publishes it",
        "LEI「{value}」は英大文字・数字18字と数字2字の形式ではない",
        "GLEIFが公表する20文字のLEIを記載する",
    ),
    "C11-checkdigit": _words(
        "the check digits of the LEI {value} do not hold (ISO 17442)",
        "look the LEI up and correct it",
        "LEI「{value}」の検査数字が一致しない（ISO 17442）",
        "LEIを照会して訂正する",
    ),
    "C12": _words(
        "the sequence numbers are {value}; they must run from 0 without a gap or repetition",
        "number the intermediaries 0, 1, 2 …",
        "仲介業者の順番が{value}となっている（0から欠番・重複なく付す）",
        "仲介業者に0、1、2…と順番を付す",
    ),
    "unknown_element": _words(
        "{name} is no element of {component} in issue {version} and was not read",
        "remove it, or check its spelling",
        "{name}は{version}年版の{component}の項目ではなく、読み取られていない",
        "削除するか、綴りを確認する",
    ),
    "text_2020": _words(
        "{count} texts, {name} first with {character!r}, are outside the pattern of 2020: letters, digits, apostrophe, space",
        "avoid such characters where the receiver is strict",
        "{name}の{character!r}をはじめ{count}項目が2020年版の文字種（英数字・アポストロフィ・空白）の外にある",
        "受取側が厳格な場合は当該文字を避ける",
    ),
    "letter_case": _words(
        "{name} is written {value}; values are case insensitive (1.5), the list writes {code}",
        "write {code}",
        "{name}が{value}と記載されている（大文字小文字は区別されないが、一覧では{code}）",
        "{code}と記載する",
    ),
    "version_unstated": _words(
        "payloadVersion {have} in a payload judged by issue 2020, which has no such element",
        "leave it out, or send the payload in the form of 2023",
        "2020年版として検証した電文にpayloadVersion {have}がある（同版に当該項目はない）",
        "省略するか、2023年版の形式で送付する",
    ),
    "key_style": _words(
        "the payload is written in the {style} style; {count} names were read as the standard's",
        "send the standard's names where the receiver is strict",
        "電文は{style}形式で記載されており、{count}個の項目名を標準の名称に読み替えた",
        "受取側が厳格な場合は標準の項目名で送付する",
    ),
    "C10_not_checked": _words(
        "registrationAuthority {value} was not checked: no GLEIF Registration Authorities List was given",
        "give the list with --authorities or SEKISHO_DATA",
        "registrationAuthorityの値{value}は確認していない（GLEIF登録機関一覧が指定されていない）",
        "--authorities又はSEKISHO_DATAで一覧を指定する",
    ),
}
