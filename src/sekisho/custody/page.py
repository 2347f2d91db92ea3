"""The certificate as one A4 page that preparer, reconciler and approver sign.

Japanese type is one of Adobe's standard fonts, which a reader brings along: the page embeds no font.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import TimeStamp
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from sekisho.custody.day import RULES
from sekisho.custody.words import VERDICTS, above_zero, percent, quantity, spoken, yen

_LATIN, _BOLD, _JAPANESE = "Helvetica", "Helvetica-Bold", "HeiseiKakuGo-W5"
_INK, _GREY, _LINE = "#1B1B1B", "#5F6368", "#B8BDC3"
_TEAL, _ORANGE, _RED, _GREEN = "#00695C", "#EF6C00", "#C62828", "#2E7D32"
_WIDTH, _HEIGHT = A4
_LEFT, _RIGHT = 34.0, _WIDTH - 34.0
ASSETS_SHOWN = 30
_SHORTFALLS_SHOWN, _TOLD_TWICE = 7, 3
_RUNS = re.compile(r"[\x20-\x7e\u00a0-\u00ff\u2013\u2212]+|[^\x20-\x7e\u00a0-\u00ff\u2013\u2212]+")


def write_page(told: dict[str, Any], file: Path, lang: str) -> None:
    """Write the page. Its dates are those of the day certified, so the same certificate gives the same bytes."""
    pdfmetrics.registerFont(UnicodeCIDFont(_JAPANESE))
    canvas = Canvas(str(file), pagesize=A4, invariant=1)
    canvas._doc._timeStamp = _Moment(date.fromisoformat(told["day"]))
    canvas.setTitle(spoken(lang, f"Certificate of client assets {told['day']}", f"利用者財産の日次証明書 {told['day']}"))
    canvas.setAuthor("Sekisho")
    canvas.setCreator(f"Sekisho {told['sekisho']}")
    _Page(canvas, told, lang).draw()
    canvas.showPage()
    canvas.save()


class _Moment(TimeStamp):  # type: ignore[misc]  # reportlab is not typed
    """Midnight UTC of a day, where reportlab would look at the clock."""

    def __init__(self, day: date) -> None:
        super().__init__(invariant=1)
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        self.t, self.lt = moment.timestamp(), moment.timetuple()
        self.YMDhms = tuple(self.lt)[:6]


class _Page:
    """Draws from the top down; ``y`` is how far it has come."""

    def __init__(self, canvas: Canvas, told: dict[str, Any], lang: str) -> None:
        self.canvas, self.told, self.lang = canvas, told, lang
        self.y = _HEIGHT - 40.0

    def draw(self) -> None:
        """The whole page."""
        self.heading()
        self.verdicts()
        self.assets()
        bottom = self.chart_and_sensitivity()
        self.y = bottom
        self.shortfalls()
        self.signatures()
        self.footer()

    def say(self, en: str, ja: str) -> str:
        return spoken(self.lang, en, ja)

    def width(self, text: str, size: float, bold: bool = False) -> float:
        return float(sum(pdfmetrics.stringWidth(run, font, size) for run, font in _fonts(text, bold)))

    def text(
        self, x: float, y: float, text: str, size: float = 7, color: str = _INK, align: str = "left", bold: bool = False
    ) -> None:
        """Text on one line, Latin and Japanese each in its font."""
        if align != "left":
            wide = self.width(text, size, bold)
            x -= wide if align == "right" else wide / 2
        self.canvas.setFillColor(color)
        for run, font in _fonts(text, bold):
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, y, run)
            x += pdfmetrics.stringWidth(run, font, size)

    def fitted(self, x: float, y: float, text: str, room: float, size: float = 7, **look: Any) -> None:
        """Text that shrinks to the room there is."""
        wide = self.width(text, size, bool(look.get("bold")))
        self.text(x, y, text, size * min(1.0, room / wide) if wide else size, **look)

    def wrapped(self, text: str, room: float, size: float, lines_max: int) -> list[str]:
        """Lines that fit the room; what does not fit the last line ends with an ellipsis."""
        lines, line = [], ""
        for piece in re.findall(r"[\x21-\x7e]+ ?|.", text):
            if line and self.width(line + piece.rstrip(), size) > room:
                lines.append(line.rstrip())
                line = ""
            line += piece
        lines.append(line.rstrip())
        if len(lines) > lines_max:
            lines = lines[:lines_max]
            while self.width(lines[-1] + "…", size) > room:
                lines[-1] = lines[-1][:-1]
            lines[-1] += "…"
        return lines

    def rule(self, y: float, color: str = _LINE, width: float = 0.5, left: float = _LEFT, right: float = _RIGHT) -> None:
        self.canvas.setStrokeColor(color)
        self.canvas.setLineWidth(width)
        self.canvas.line(left, y, right, y)

    def heading(self) -> None:
        told, regime = self.told, self.told["regime"]
        self.fitted(_LEFT, self.y, self.say("Daily certificate of client assets", "利用者財産の日次証明書"), 400, 15, bold=True)
        self.text(_RIGHT, self.y, told["day"], 15, align="right", bold=True)
        self.y -= 14
        day = self.say("business day", "営業日") if told["is_business_day"] else self.say("not a business day", "休業日")
        cutoff = self.say("cut-off", "基準時刻")
        prices = self.say("prices", "価格")
        line = (
            f"{day}  |  {regime['id']} ({regime['status']})  |  {cutoff} {told['cutoff']} JST  |  {prices}: {told['price_source']}"
        )
        self.fitted(_LEFT, self.y, line, _RIGHT - _LEFT, 7.5, color=_GREY)
        self.y -= 10
        self.fitted(_LEFT, self.y, spoken(self.lang, regime["title_en"], regime["title_ja"]), _RIGHT - _LEFT, 6.8, color=_GREY)
        notes = [f"{name} = {value}" for name, value in told["assumed"].items()]
        if notes:
            self.y -= 10
            self.fitted(_LEFT, self.y, f"{self.say('Assumed', '仮定値')}: {', '.join(notes)}", _RIGHT - _LEFT, 7, color=_ORANGE)
        for warning in told["warnings"][:2]:
            self.y -= 10
            self.fitted(_LEFT, self.y, warning, _RIGHT - _LEFT, 7, color=_ORANGE)
        self.y -= 8

    def verdicts(self) -> None:
        """One box for each rule: its answer and the figure behind it."""
        told = self.told
        hot, money, totals, capital = told["hot_share"], told["money"], told["totals"], told["capital"]
        assert tuple(told["verdicts"]) == RULES, "the boxes stand in the order of the rules"
        limit = self.say("limit", "上限")
        ratio = capital["adequacy_ratio"]
        figures = (
            (f"{yen(money['owed_jpy'])}", f"{self.say('trust', '信託')} {yen(money['trust_jpy'])}"),
            (f"JPY {yen(totals['owed_jpy'])}", f"{self.say('chain', '有高')} {yen(totals['customers_held_jpy'])}"),
            (percent(hot["share"]), f"{limit} {percent(hot['share_max'], 2)}"),
            (f"JPY {yen(totals['guarantee_required_jpy'])}", f"{self.say('held', '保有')} {yen(totals['guarantee_cold_jpy'])}"),
            ("–" if not ratio else ratio["ratio"], "–" if not ratio else f"{ratio['band']}, {ratio['as_of']}"),
            (
                f"{yen(capital['net_assets']['amount_jpy'])}",
                f"{self.say('capital', '資本金')} {yen(capital['capital']['amount_jpy'])}",
            ),
        )
        titles = (
            ("Money in trust", "金銭の信託"),
            ("Ledger and chain", "帳簿と有高の照合"),
            ("Not cold", "コールド外の割合"),
            ("Guarantee", "履行保証暗号資産"),
            ("Capital ratio", "自己資本規制比率"),
            ("Net assets", "純資産・資本金"),
        )
        gap, high = 4.0, 46.0
        wide = (_RIGHT - _LEFT - 5 * gap) / 6
        for number, (verdict, (large, small), title) in enumerate(zip(told["verdicts"].values(), figures, titles, strict=True)):
            x, color = _LEFT + number * (wide + gap), {"kept": _GREEN, "broken": _RED, "internal_cap": _ORANGE}.get(verdict, _GREY)
            self.canvas.setStrokeColor(color)
            self.canvas.setLineWidth(0.9)
            self.canvas.roundRect(x, self.y - high, wide, high, 3)
            self.fitted(x + 4, self.y - 10, self.say(*title), wide - 8, 7, bold=True)
            self.fitted(x + 4, self.y - 20, self.say(*VERDICTS[verdict]), wide - 8, 7, color=color, bold=True)
            self.fitted(x + 4, self.y - 31, large, wide - 8, 8)
            self.fitted(x + 4, self.y - 41, small, wide - 8, 6.5, color=_GREY)
        self.y -= high + 12

    def assets(self) -> None:
        """The table of assets; beyond what the page holds those by yen value, all that lack something, and a line for the rest."""
        rows = self.told["assets"]
        shown, left_out = _shown(rows)
        columns: list[tuple[str, str, float]] = [
            ("asset", "資産", 0.0), ("price JPY", "価格（円）", 88.0), ("owed", "帳簿残高", 164.0), ("on chain", "有高", 240.0),
            ("difference", "差引", 296.0), ("not cold", "コールド外", 360.0), ("guarantee due", "保証必要", 424.0),
            ("held cold", "保証保有", 488.0), ("short", "不足", _RIGHT - _LEFT),
        ]  # fmt: skip
        before = [0.0, 34.0, *(end for _en, _ja, end in columns[1:-1])]
        for (en, ja, end), start in zip(columns, before, strict=True):
            at, align = (_LEFT + end, "right") if end else (_LEFT, "left")
            self.fitted(at, self.y, self.say(en, ja), (end - start or 34) - 4, 6.5, color=_GREY, align=align)
        self.rule(self.y - 3)
        step = 9.2 if len(shown) <= 24 else 8.4
        self.y -= 3
        for row in shown:
            self.y -= step
            short, gap = row["observed"] and above_zero(row["short"]), above_zero(row["guarantee_short"])
            if short or gap or not row["observed"]:
                self.canvas.setFillColor("#FDECEA" if short or gap else "#FFF8E1")
                self.canvas.rect(_LEFT - 2, self.y - 2.4, _RIGHT - _LEFT + 4, step, stroke=0, fill=1)
            cells = (
                (quantity(row["price_jpy"]), _INK), (quantity(row["owed"]), _INK), (quantity(row["customers_held"]), _INK),
                (_signed(row["short"]), _RED if short else _GREY), (quantity(row["outside_cold"]), _INK),
                (quantity(row["guarantee_required"]), _INK), (quantity(row["guarantee_cold"]), _INK),
                ("0" if row["guarantee_short"] and not gap else quantity(row["guarantee_short"]), _RED if gap else _GREY),
            )  # fmt: skip
            self.fitted(_LEFT, self.y, row["asset"] + ("" if row["observed"] else " *"), 32, 7, bold=True)
            for (text, color), (_en, _ja, end), start in zip(cells, columns[1:], before[1:], strict=True):
                self.fitted(_LEFT + end, self.y, text, end - start - 4, 6.8, color=color, align="right")
        self.rule(self.y - 3.5)
        notes = []
        if left_out:
            notes.append(self.say(f"{left_out} further assets in the workbook.", f"ほか{left_out}資産はExcelに記載。"))
        if not all(row["observed"] for row in rows):
            notes.append(self.say("* no customers' wallet observed that day.", "* 当日のウォレット有高の記録なし。"))
        if self.told["totals"]["not_valued"]:
            names = ", ".join(self.told["totals"]["not_valued"])
            notes.append(self.say(f"Not valued: {names}.", f"換算不能：{names}。"))
        self.y -= 12
        if notes:
            self.fitted(_LEFT, self.y, " ".join(notes), _RIGHT - _LEFT, 6.5, color=_GREY)
            self.y -= 10

    def chart_and_sensitivity(self) -> float:
        """The hot share over time on the left, what it would be otherwise on the right; returns where they end."""
        top, wide = self.y, 318.0
        high = max(104.0, min(190.0, top - 330.0))
        self.text(_LEFT, top - 4, self.say("Share outside cold storage over time", "コールド外の割合の推移"), 7.5, bold=True)
        self._chart(_LEFT + 24, top - high, wide - 30, high - 30)
        x = _LEFT + wide + 14
        self.text(x, top - 4, self.say("Sensitivity", "感応度"), 7.5, bold=True)
        y = top - 16
        for label, share, above in self._sensitivities():
            self.fitted(x, y, label, 130, 6.8)
            self.text(_RIGHT, y, percent(share), 6.8, align="right", color=_RED if above else _INK)
            y -= 9.6
        return float(top - high - 20)

    def _sensitivities(self) -> list[tuple[str, str | None, bool]]:
        hot = self.told["hot_share"]
        rows: list[tuple[str, str | None, bool]] = [
            (self.say("at the cut-off", "基準時刻"), hot["share"], above_zero(hot["excess_jpy"]))
        ]
        for key, en, ja in (("highest", "highest of the day", "日中最高"), ("lowest", "lowest of the day", "日中最低")):
            if hot[key]:
                rows.append((f"{self.say(en, ja)} {hot[key]['at_japan'][11:16]}", hot[key]["share"], bool(hot[key]["above_max"])))
        names = {"price_source": ("price source", "価格"), "cutoff": ("cut-off", "基準時刻")}
        rows += [(f"{self.say(*names[e['what']])}: {e['value']}", e["share"], bool(e["above_max"])) for e in hot["sensitivity"]]
        if hot["against_day_before"] is not None:
            rows.append((self.say("ledger of the day before", "前日の帳簿"), hot["against_day_before"], False))
        return rows[:9]

    def _chart(self, x: float, y: float, wide: float, high: float) -> None:
        hot, canvas = self.told["hot_share"], self.canvas
        rows = hot["over_time"]
        limits = [Decimal(value) for value in (hot["share_max"], hot["internal_share_max"]) if value is not None]
        tops = [Decimal(row[key]) for row in rows for key in ("share", "highest_share") if row[key] is not None]
        most = max([*limits, *tops, Decimal("0.01")]) * Decimal("1.15")
        last = max(len(rows) - 1, 1)

        def across(number: int) -> float:
            return float(x + wide * (number / last if len(rows) > 1 else 0.5))

        def up(share: str | Decimal) -> float:
            return y + high * float(Decimal(share) / most)

        canvas.setStrokeColor(_LINE)
        canvas.setLineWidth(0.5)
        canvas.line(x, y, x + wide, y)
        canvas.line(x, y, x, y + high)
        for mark in _marks(most):
            self.text(x - 3, up(mark) - 2, f"{mark * 100:f}".rstrip("0").rstrip(".") + " %", 6, color=_GREY, align="right")
            self.rule(up(mark), "#E8EAED", 0.4, x, x + wide)
        canvas.setLineWidth(3)
        canvas.setStrokeColor("#FFD9B3")
        for number, row in enumerate(rows):
            if row["highest_share"] is not None:
                canvas.line(across(number), up(row["lowest_share"]), across(number), up(row["highest_share"]))
        for value, color, en, ja in (
            (hot["share_max"], _RED, "limit", "上限"),
            (hot["internal_share_max"], _ORANGE, "internal cap", "社内上限"),
        ):
            if value is not None:
                canvas.setDash(3, 2)
                self.rule(up(value), color, 0.8, x, x + wide)
                canvas.setDash()
                label = f"{self.say(en, ja)} {percent(value, 2)}"
                self.text(x + wide, up(value) + 2, label, 6, color=color, align="right")
        canvas.setStrokeColor(_TEAL)
        canvas.setLineWidth(1.2)
        for number in range(1, len(rows)):
            canvas.line(across(number - 1), up(rows[number - 1]["share"]), across(number), up(rows[number]["share"]))
        canvas.setFillColor(_TEAL)
        for number, row in enumerate(rows):
            canvas.circle(across(number), up(row["share"]), 1.4, stroke=0, fill=1)
        if rows:
            self.text(x, y - 8, rows[0]["day"], 6, color=_GREY)
            self.text(x + wide, y - 8, rows[-1]["day"], 6, color=_GREY, align="right")
        legend = self.say("line: at the cut-off; bars: range within the day", "線：基準時刻、帯：日中の範囲")
        self.fitted(x + wide / 2, y - 8, legend, wide - 100, 6, color=_GREY, align="center")

    def shortfalls(self) -> None:
        """What is missing or late, with its deadline."""
        rows = sorted(self.told["shortfalls"], key=lambda row: (_GRAVITY[row["severity"]], row["deadline"] or "9999"))
        self.text(_LEFT, self.y, self.say("Shortfalls and deadlines", "不足等と解消期限"), 7.5, bold=True)
        self.y -= 4
        if not rows:
            ran = [rule for rule in self.told["rules"] if rule["state"] == "ran"]
            words = self.say(f"None found by the {len(ran)} rules that ran.", f"実施した{len(ran)}規則において不足等なし。")
            self.y -= 9
            self.text(_LEFT, self.y, words, 7)
        room = max(1, int((self.y - 130) // 18))
        shown = rows[: min(_SHORTFALLS_SHOWN, room)]
        for row in shown:
            due = f"{self.say('by', '期限')} {row['deadline']}" if row["deadline"] else self.say("no term", "期限の定めなし")
            summaries = [row["summary_ja"]] if self.lang != "en" else []
            summaries += [row["summary_en"]] if self.lang == "en" or (self.lang == "both" and len(rows) <= _TOLD_TWICE) else []
            self.y -= 9
            self.fitted(_LEFT, self.y, due, 74, 7, bold=True, color=_RED if row["severity"] in ("high", "critical") else _ORANGE)
            lines = [line for summary in summaries for line in self.wrapped(summary, _RIGHT - _LEFT - 80, 6.6, 2)]
            for number, line in enumerate(lines):
                self.y -= 8 if number else 0
                self.text(_LEFT + 78, self.y, line, 6.6)
        if len(rows) > len(shown):
            self.y -= 9
            more = len(rows) - len(shown)
            self.text(
                _LEFT + 78, self.y, self.say(f"{more} more in the workbook.", f"ほか{more}件はExcelに記載。"), 6.6, color=_GREY
            )
        for rule in self.told["rules"]:
            if rule["state"] not in ("ran", "not_in_regime") and self.y > 140:
                self.y -= 9
                title = spoken(self.lang, rule["title_en"], rule["title_ja"])
                words = f"{title}: {self.say(*VERDICTS.get(rule['state'], (rule['state'], rule['state'])))}. {rule['why']}"
                self.text(_LEFT, self.y, self.wrapped(words, _RIGHT - _LEFT, 6.6, 1)[0], 6.6, color=_GREY)

    def signatures(self) -> None:
        """Three boxes; whoever reconciles is not whoever pays out."""
        top, high, gap = 116.0, 54.0, 8.0
        separate = self.told["signatures"]["separate"]
        words = f"{self.say(separate['en'], separate['ja'])} ({separate['document']} {separate['provision']})"
        lines = self.wrapped(words, _RIGHT - _LEFT, 6.8, 2)
        for number, line in enumerate(reversed(lines)):
            self.text(_LEFT, top + 5 + 8.5 * number, line, 6.8)
        wide = (_RIGHT - _LEFT - 2 * gap) / 3
        for number, role in enumerate(self.told["signatures"]["roles"]):
            x = _LEFT + number * (wide + gap)
            self.canvas.setStrokeColor(_INK)
            self.canvas.setLineWidth(0.7)
            self.canvas.rect(x, top - high, wide, high)
            self.text(x + 4, top - 10, self.say(role["en"], role["ja"]), 7.5, bold=True)
            if role["role"] == "reconciler":
                self.text(x + wide - 4, top - 10, self.say("not the payer", "受払担当者以外"), 6, color=_GREY, align="right")
            self.text(x + 4, top - 28, self.say("name", "氏名"), 6.5, color=_GREY)
            self.text(x + 4, top - high + 6, self.say("date", "日付"), 6.5, color=_GREY)
            self.text(x + wide * 0.55, top - high + 6, self.say("signature", "署名・印"), 6.5, color=_GREY)
            self.rule(top - 31, _LINE, 0.4, x + 44, x + wide - 6)

    def footer(self) -> None:
        """What binds the page to the files that go with it."""
        content = msgspec.json.format(msgspec.json.encode(self.told), indent=2) + b"\n"
        digest = hashlib.sha256(content).hexdigest()
        self.fitted(_LEFT, 46, f"certificate.json sha256 {digest}", _RIGHT - _LEFT, 6.2, color=_GREY)
        tables = ", ".join(f"{name} {table['rows']:,}" for name, table in self.told["records"]["tables"].items())
        line = f"Sekisho {self.told['sekisho']}  |  {self.told['records']['folder']}: {tables}"
        self.fitted(_LEFT, 37, line, _RIGHT - _LEFT, 6.2, color=_GREY)


_GRAVITY = {"critical": 0, "high": 1, "medium": 2, "low": 3}


def _fonts(text: str, bold: bool) -> list[tuple[str, str]]:
    latin = _BOLD if bold else _LATIN
    return [(run, latin if run[0] < "\u0100" or run[0] in "–−" else _JAPANESE) for run in _RUNS.findall(text.replace("−", "–"))]


def _shown(rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    if len(rows) <= ASSETS_SHOWN:
        return list(rows), 0

    def weight(row: dict[str, Any]) -> tuple[bool, Decimal, str]:
        lacking = (row["observed"] and above_zero(row["short"])) or above_zero(row["guarantee_short"])
        return (not lacking, -Decimal(row["owed_jpy"] or "0"), row["asset"])

    chosen = {row["asset"] for row in sorted(rows, key=weight)[:ASSETS_SHOWN]}
    return [row for row in rows if row["asset"] in chosen], len(rows) - ASSETS_SHOWN


def _signed(short: str) -> str:
    """What the chain holds more (+) or less (–) than the ledger."""
    more = -Decimal(short)
    return "0" if not more else f"{'+' if more > 0 else '–'}{abs(more):,f}"


def _marks(most: Decimal) -> list[Decimal]:
    """Up to five round marks of an axis."""
    steps = [Decimal(step) for step in ("0.0025", "0.005", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1")]
    step = next((each for each in steps if most / each <= 6), Decimal(1))
    return [step * number for number in range(int(most / step) + 1)]
