"""Operator names: is this name, address or text that of a registered operator, of one that was warned, or of neither?

Nothing is cleared because it resembles a registered name. Cleared is only what *is* one: the same letters once legal form, width,
case, spaces and punctuation are set aside, or read from katakana into Latin letters. A name with anything added, left out
or disguised is unknown, and the answer says which name it resembles: that is what an impostor looks like.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sekisho.typologies.host_names import HostName, UnreadableNameError, host_name, invisible, shape
from sekisho.typologies.scam_names import own_brand, own_domains, spellings
from sekisho.typologies.word_lists import lines_of

if TYPE_CHECKING:
    from sekisho.records import Records

Verdict = Literal["registered", "warned", "unknown"]
Why = Literal[
    "name",
    "other_name",
    "own_domain",
    "left_register",
    "no_number",
    "contains_warned_name",
    "contains_registered_name",
    "resembles_registered_name",
    "two_operators",
    "not_on_file",
    "nothing_to_read",
]


EXCHANGE = "crypto_asset_exchange"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One row of ``registered_operator``. ``other_names`` are translations, trade names and former names; ``domains`` its own."""

    operator_id: str
    name: str
    other_names: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    business: str = EXCHANGE
    bureau: str | None = None
    number: str | None = None
    registered_on: date | None = None
    left_on: date | None = None

    def registered(self, day: date | None) -> bool:
        """Whether it is on the register on a day; None asks for the end of what is known."""
        if self.number is None:
            return False
        if day is None:
            return self.left_on is None
        return (self.registered_on is None or self.registered_on <= day) and (self.left_on is None or day < self.left_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """One row of ``operator_warning``."""

    warning_id: str
    name: str
    warned_on: date | None
    other_names: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


class Match(NamedTuple):
    """The answer for one text. ``operator_id`` and ``name`` are of the operator it is, was warned as, or resembles."""

    text: str
    verdict: Verdict
    why: Why
    operator_id: str | None = None
    name: str | None = None
    bureau: str | None = None
    number: str | None = None
    warned_on: tuple[date, ...] = ()


# Ways to write "stock company", which a registered exchange is. A name with another legal form is another company's.
_STOCK_COMPANY = ("株式会社", "(株)", "かぶしきがいしゃ", "カブシキガイシャ", "カブシキカイシャ")
_STOCK_COMPANY_LATIN = re.compile(
    r"(?:^|[\s,])(?:co\.?,?\s*ltd\.?|company\s+limited|inc\.?|incorporated|ltd\.?|limited|corp\.?|corporation|k\.?k\.?"
    r"|kabushiki\s+kaisha)(?=$|[\s,.])",
    re.IGNORECASE,
)
# What a warned operator abroad may be called besides; there, too much read as one name does no harm.
_ANY_FORM = re.compile(
    r"(?:^|[\s,])(?:llc|l\.l\.c\.|n\.v\.|pte\.?|gmbh|plc|s\.a\.|合同会社|有限会社)(?=$|[\s,.])|合同会社|有限会社", re.IGNORECASE
)
_LABEL = re.compile(
    r"^(?:運営会社|運営者|運営|開発元|開発者|販売元|販売業者|提供元|提供者|提供|会社名|商号|事業者名?|名称|デベロッパ|デベロッパー|発行元|広告主"
    r"|developer|developed by|operator|operated by|company|provider|provided by|seller|publisher|name|by|©|\(c\))"
    r"\s*(?:[:：]|\s|(?<=©))\s*",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"[\n\r\t|｜;；/／]+|\s[-–—―]+\s|、|。")
_BRACKETS = re.compile(r"[(\[【「『〈《]([^)\]】」』〉》]*)[)\]】」』〉》]")
_FORMER = re.compile(r"^(?:旧|元|旧社名|旧商号|formerly|former|ex-?|fka)[:：\s]*", re.IGNORECASE)
_NOT_LETTERS = re.compile(r"[\W_]+")
_URL = re.compile(r"^(?:[a-z][a-z0-9+.-]*://)?[^\s/@]+\.[^\s/@.]{2,}(?:[/?#:]\S*)?$", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?:登録番号\s*[:：]?\s*)?(関東|近畿|東海|北海道|東北|北陸|中国|四国|九州|福岡|沖縄)?(?:財務局長?|財務支局長?)\s*\(?第?\s*(\d{5})\s*号\)?"
)


class Registered:
    """The register and the warnings, ready to be asked."""

    def __init__(self, operators: Iterable[Operator], warned: Iterable[Warned] = (), day: date | None = None) -> None:
        self._day = day
        self._operators: dict[str, list[tuple[Operator, bool]]] = {}
        self._warned: dict[str, list[Warned]] = {}
        self._domains: dict[str, Operator] = {}
        self._warned_domains: dict[str, Warned] = {}
        for operator in operators:
            self._add(operator)
        for each in warned:
            for name in (each.name, *each.other_names):
                for key in _warned_keys(name):
                    self._warned.setdefault(key, []).append(each)
            self._warned_domains.update(dict.fromkeys(map(_domain, each.domains), each))
        self._shapes = {shape(key): key for key in self._operators if len(key) >= _CONTAINED_FROM}
        self._contained = sorted((key for key in self._operators if len(key) >= _CONTAINED_FROM), key=len, reverse=True)

    def match(self, text: str) -> Match:
        """The answer for a name, a URL or the text of an app."""
        told = unicodedata.normalize("NFKC", text).strip()
        if not told:
            return Match(text, "unknown", "nothing_to_read")
        bare = _LABEL.sub("", told)
        if _URL.match(invisible("", bare)) and not self._named(bare):
            return self._of_address(text, bare)
        return self._of_text(text, told)

    def _add(self, operator: Operator) -> None:
        for rank, name in enumerate((operator.name, *operator.other_names)):
            for key in _keys(name):
                self._operators.setdefault(key, []).append((operator, rank == 0))
        self._domains.update(dict.fromkeys(map(_domain, operator.domains), operator))

    # --- addresses ---------------------------------------------------------------------------------------------------------

    def _of_address(self, text: str, address: str) -> Match:
        try:
            name = host_name(address)
        except UnreadableNameError:
            return Match(text, "unknown", "nothing_to_read")
        disguised = invisible("", text) != text
        operator = None if disguised else next((self._domains[d] for d in _tails(name.host) if d in self._domains), None)
        if operator is None and not disguised:
            operator = self._by_known_domain(name)
        if operator is not None:
            return self._about(text, operator, "own_domain")
        warned = next((self._warned_domains[d] for d in _tails(name.host) if d in self._warned_domains), None)
        if warned is None:
            brand = own_brand(name)
            warned = next(iter(self._warned.get(brand or "", ())), None)
        if warned is not None:
            return self._warning(text, [warned], "own_domain")
        return self._resembling(text, name.own_text)

    def _by_known_domain(self, name: HostName) -> Operator | None:
        """The operator whose own domain this is by the list of brands; only the Japanese exchanges of that list count."""
        domains = own_domains("exchange_japan")
        brand = next((domains[d] for d in _tails(name.host) if d in domains), None)
        for spelling in spellings(brand) if brand else ():
            found = self._operators.get(_key(spelling))
            if found and len({each.operator_id for each, _ in found}) == 1:
                return found[0][0]
        return None

    # --- names -------------------------------------------------------------------------------------------------------------

    def _of_text(self, text: str, told: str) -> Match:
        disguised = invisible("", text) != text
        parts = list(_parts(invisible("", told)))
        number = _NUMBER.search(told)
        if not parts:
            return Match(text, "unknown", "not_on_file")
        found = [self._named(part) for part in parts]
        if all(found) and not disguised:
            meant = set.intersection(*({each.operator_id for each, _ in one} for one in found))
            if not meant:
                return Match(text, "unknown", "two_operators")
            candidates = [(each, first) for each, first in found[0] if each.operator_id in meant]
            if number is not None:
                # A number is a claim. It can only tell two operators of one name apart, never clear a name.
                candidates = [(o, first) for o, first in candidates if o.number == number[2] and number[1] in (None, o.bureau)]
            if len({each.operator_id for each, _ in candidates}) == 1:
                operator, first = candidates[0]
                return self._about(text, operator, "name" if first else "other_name")
            return Match(text, "unknown", "two_operators")
        warned = [one for part in parts for key in _warned_keys(part) for one in self._warned.get(key, ())]
        if warned and len(parts) == 1:
            return self._warning(text, warned, "name")
        return self._resembling(text, invisible("", told))

    def _named(self, part: str) -> list[tuple[Operator, bool]]:
        return next((self._operators[key] for key in _keys(part) if key in self._operators), [])

    def _about(self, text: str, operator: Operator, why: Why) -> Match:
        if operator.registered(self._day):
            return Match(text, "registered", why, operator.operator_id, operator.name, operator.bureau, operator.number)
        # A name the warnings hold as well, and the register without a number, is the warned one.
        warned = [one for key in _warned_keys(operator.name) for one in self._warned.get(key, ())]
        if warned:
            return self._warning(text, warned, "name")
        why = "no_number" if operator.number is None else "left_register"
        return Match(text, "unknown", why, operator.operator_id, operator.name)

    def _warning(self, text: str, warned: list[Warned], why: Why) -> Match:
        days = sorted({each.warned_on for each in warned if each.warned_on and (self._day is None or each.warned_on <= self._day)})
        if not days and any(each.warned_on for each in warned):
            return Match(text, "unknown", "not_on_file")
        return Match(text, "warned", why, warned[0].warning_id, warned[0].name, warned_on=tuple(days))

    def _resembling(self, text: str, told: str) -> Match:
        """Never cleared: what a text that is nobody's name resembles or contains."""
        letters = _latin(_key(told))
        contained = self._contained_words(told)
        if contained is None and (warned := self._warned_words(told)):
            return self._warning(text, warned, "contains_warned_name")
        if contained is None:
            contained = next((key for key in self._contained if key in letters or key in _key(told)), None)
        if contained is not None:
            operator = self._operators[contained][0][0]
            return Match(text, "unknown", "contains_registered_name", operator.operator_id, operator.name)
        alike = self._shapes.get(shape(letters)) or self._one_slip_away(letters)
        if alike is not None:
            operator = self._operators[alike][0][0]
            return Match(text, "unknown", "resembles_registered_name", operator.operator_id, operator.name)
        warned = [one for key, each in self._warned.items() if len(key) >= _CONTAINED_FROM and key in letters for one in each]
        return self._warning(text, warned, "contains_warned_name") if warned else Match(text, "unknown", "not_on_file")

    def _warned_words(self, told: str) -> list[Warned]:
        words = {_latin(_key(word)) for word in re.split(r"[\W_]+", told) if word}
        return [one for key, each in self._warned.items() if key in words or _latin(key) in words for one in each]

    def _contained_words(self, told: str) -> str | None:
        """A short registered name that stands in the text as words of its own."""
        words = [word for word in re.split(r"[\W_]+", told) if word]
        runs = ("".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, min(len(words), i + 4) + 1))
        return next((key for run in runs for key in (_key(run),) if len(key) >= 3 and key in self._operators), None)

    def _one_slip_away(self, letters: str) -> str | None:
        if not _SLIP_FROM <= len(letters) <= 40:
            return None
        for key in self._contained:
            if abs(len(key) - len(letters)) <= 1 and len(key) >= _SLIP_FROM and _within_one(key, letters):
                return key
        return None


_CONTAINED_FROM = 5
"""A shorter name counts as contained only where it is a word of its own."""
_SLIP_FROM = 6


def registered_for(operators: Iterable[Operator], businesses: Iterable[str]) -> list[Operator]:
    """The operators with the numbers of some businesses only: each operator once, a number of one of them before none."""
    wanted = set(businesses)
    chosen: dict[str, Operator] = {}
    for each in operators:
        shown = each if each.business in wanted else replace(each, number=None)
        known = chosen.get(each.operator_id)
        if known is None or (known.number is None and shown.number is not None):
            chosen[each.operator_id] = shown
    return list(chosen.values())


def split_names(text: str) -> tuple[str, ...]:
    """The names in a cell that lists several: ``A | B``."""
    return tuple(name for each in text.split("|") if (name := each.strip()))


def names_in(text: str) -> Iterator[str]:
    """The names written as one: ``HashKey Japan株式会社（旧 東京ハッシュ株式会社）`` holds two."""
    told = unicodedata.normalize("NFKC", text)
    outside = re.split(r"\s*[—―–]\s*", _BRACKETS.sub(" ", told))[0].strip()
    if outside:
        yield outside
    for inner in _BRACKETS.findall(told):
        if inner.strip() not in ("株", "有", "同", ""):
            yield _FORMER.sub("", inner.strip())


def _parts(told: str) -> Iterator[str]:
    """The names a text claims: pieces between separators and brackets, without labels, numbers and legal forms."""
    for piece in _SPLIT.split(_NUMBER.sub(" ", told)):
        bare = _LABEL.sub("", piece.strip())
        for name in names_in(bare):
            if _key(name):
                yield name


def _keys(name: str) -> tuple[str, ...]:
    """The forms under which a name is found: its letters, and those with katakana read as Latin."""
    key = _key(name)
    return tuple(dict.fromkeys(each for each in (key, _latin(key)) if each))


def _warned_keys(name: str) -> tuple[str, ...]:
    return _keys(_ANY_FORM.sub(" ", unicodedata.normalize("NFKC", name)))


def _key(name: str) -> str:
    """The letters of a name: one width, one case, without legal form, spaces and punctuation."""
    told = unicodedata.normalize("NFKC", name).strip().lower()
    for form in _STOCK_COMPANY:
        told = told.replace(form, " ")
    before = ""
    while before != told:
        before, told = told, _STOCK_COMPANY_LATIN.sub(" ", told).strip(" ,")
    # The long vowel mark is a letter; a middle dot or hyphen is not.
    return _NOT_LETTERS.sub("", told.replace("ヴ", "ブ").translate(_SMALL))


_SMALL = str.maketrans("ァィゥェォ", "アイウエオ")


@cache
def _readings() -> tuple[re.Pattern[str], Mapping[str, str]]:
    pairs = (line.split(" ") for _section, line in lines_of("katakana_readings.txt"))
    latin = {kana.translate(_SMALL): word for kana, word in pairs}
    return re.compile("|".join(sorted(map(re.escape, latin), key=len, reverse=True))), latin


def _latin(key: str) -> str:
    """The letters with katakana read as the Latin words they stand for, the longest first."""
    if key.isascii():
        return key
    pattern, latin = _readings()
    return pattern.sub(lambda found: latin[found[0]], key)


def _domain(text: str) -> str:
    return text.strip().lower().removeprefix("www.")


def _tails(host: str) -> Iterator[str]:
    while host:
        yield host
        host = host.partition(".")[2]


def _within_one(one: str, other: str) -> bool:
    """Whether one insertion, deletion, exchange of neighbours or other letter leads from one text to the other."""
    short, long = sorted((one, other), key=len)
    i = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) == len(long):
        swapped = short[i + 1 : i + 2] + short[i : i + 1] == long[i : i + 2]
        return short[i + 1 :] == long[i + 1 :] or (swapped and short[i + 2 :] == long[i + 2 :])
    return short[i:] == long[i + 1 :]


def read_operators(records: Records) -> list[Operator]:
    """The rows of ``registered_operator``, by id."""
    rows = records.optional("registered_operator").to_pyarrow().to_pylist()
    return sorted((operator_of(row) for row in rows), key=lambda each: each.operator_id)


def read_warnings(records: Records) -> list[Warned]:
    """The rows of ``operator_warning``, by id."""
    rows = records.optional("operator_warning").to_pyarrow().to_pylist()
    return sorted((warned_of(row) for row in rows), key=lambda each: each.warning_id)


def operator_of(row: Mapping[str, Any]) -> Operator:
    """One row of ``registered_operator``; the names written in its name cell are told apart."""
    name, *inside = names_in(row["name"])
    return Operator(
        operator_id=row["operator_id"],
        name=name,
        other_names=(*inside, *split_names(row.get("other_names") or "")),
        domains=split_names(row.get("domains") or ""),
        business=row.get("business") or EXCHANGE,
        bureau=row.get("bureau"),
        number=row.get("number"),
        registered_on=row.get("registered_on"),
        left_on=row.get("left_on"),
    )


def warned_of(row: Mapping[str, Any]) -> Warned:
    """One row of ``operator_warning``."""
    return Warned(
        warning_id=row["warning_id"],
        name=row["name"],
        other_names=split_names(row.get("other_names") or ""),
        domains=split_names(row.get("domains") or ""),
        warned_on=row.get("warned_on"),
    )
