"""The certificate as an Excel workbook: a sheet per topic, numbers as numbers, totals as formulas an auditor can retrace.

Excel keeps 15 digits. A figure that needs more has its exact text in the column to its right.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from sekisho.custody.words import HOLDERS, TIERS, VERDICTS, law_of, spoken

EXCEL_DIGITS = 15


class Heading(NamedTuple):
    """A column: its words, and whether it holds figures (``number``, with an exact column beside it), shares or words."""

    en: str
    ja: str
    kind: str = "words"
    width: int = 14


class Formula(NamedTuple):
    """A formula and the value it has, for readers that do not compute; ``exact`` is its exact text."""

    text: str
    value: str | None


Cell = str | int | bool | Formula | None


def write_workbook(told: dict[str, Any], file: Path, lang: str) -> None:
    """Write the workbook. Its dates are those of the day certified, so the same certificate gives the same bytes."""
    book = xlsxwriter.Workbook(str(file))
    book.set_properties(
        {
            "title": spoken(lang, "Daily certificate of client assets", "利用者財産の日次証明書"),
            "created": datetime.fromisoformat(told["day"]),
            "comments": f"Sekisho {told['sekisho']}",
        }
    )
    sheets = _Sheets(book, lang)
    _summary(sheets, told)
    _assets(sheets, told)
    _holdings(sheets, told)
    _money(sheets, told)
    _hot_share(sheets, told)
    _sensitivity(sheets, told)
    _shortfalls(sheets, told)
    _capital(sheets, told)
    _law(sheets, told)
    _evidence(sheets, told)
    if told["property_report"]:
        _property_report(sheets, told["property_report"])
    book.close()


class _Sheets:
    """Writes tables onto sheets, all in one look."""

    def __init__(self, book: xlsxwriter.Workbook, lang: str) -> None:
        self.book, self.lang = book, lang
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#E6F0EF"})
        self.title = book.add_format({"bold": True, "font_size": 13})
        self.words = book.add_format({"text_wrap": True, "valign": "top"})
        self.formats = {
            "number": book.add_format({"num_format": "#,##0.##################", "valign": "top"}),
            "yen": book.add_format({"num_format": "#,##0", "valign": "top"}),
            "share": book.add_format({"num_format": "0.0000%", "valign": "top"}),
        }
        self.exact = book.add_format({"font_color": "#666666", "align": "right", "valign": "top"})

    def add(self, en: str, ja: str) -> Any:
        """A sheet of that name, ready for wide tables."""
        sheet = self.book.add_worksheet(spoken(self.lang, en, ja)[:31])
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def table(
        self, sheet: Any, at: int, headings: Sequence[Heading], rows: Sequence[Sequence[Cell]], title: tuple[str, str] | None = None
    ) -> int:
        """Write a table from row ``at`` on; returns the first row after it. Figures take two columns: number and exact text."""
        if title is not None:
            sheet.write_string(at, 0, spoken(self.lang, *title), self.title)
            at += 1
        place = places(headings)
        for heading, column in zip(headings, place, strict=True):
            sheet.write_string(at, column, spoken(self.lang, heading.en, heading.ja), self.head)
            sheet.set_column(column, column, heading.width)
            if heading.kind in ("number", "yen"):
                sheet.write_string(at, column + 1, spoken(self.lang, "exact", "正確な値"), self.head)
                sheet.set_column(column + 1, column + 1, 12)
        for number, row in enumerate(rows, at + 1):
            for heading, column, cell in zip(headings, place, row, strict=True):
                self.cell(sheet, number, column, heading.kind, cell)
        return at + 1 + len(rows)

    def cell(self, sheet: Any, row: int, column: int, kind: str, cell: Cell) -> None:
        """Write one cell of a column of that kind, and its exact text beside it where Excel's digits do not suffice."""
        if cell is None:
            return
        if kind == "words" or (isinstance(cell, str) and not _is_number(cell)):
            sheet.write_string(row, column, str(cell), self.words)
            return
        form = self.formats[kind]
        if isinstance(cell, Formula):
            sheet.write_formula(row, column, cell.text, form, float(Decimal(cell.value)) if cell.value is not None else "")
            exact = cell.value
        else:
            sheet.write_number(row, column, float(Decimal(str(cell))), form)
            exact = str(cell)
        if kind != "share" and exact is not None and not fits(exact):
            sheet.write_string(row, column + 1, exact, self.exact)


def fits(text: str) -> bool:
    """Whether Excel keeps every digit of a figure."""
    digits = Decimal(text).normalize().as_tuple().digits
    return len(digits) <= EXCEL_DIGITS


def places(headings: Sequence[Heading]) -> list[int]:
    """The column each heading starts in."""
    found, at = [], 0
    for heading in headings:
        found.append(at)
        at += 2 if heading.kind in ("number", "yen") else 1
    return found


def _is_number(text: str) -> bool:
    return text.replace("-", "", 1).replace(".", "", 1).isdigit()


def _summary(sheets: _Sheets, told: dict[str, Any]) -> None:
    lang = sheets.lang
    sheet = sheets.add("Certificate", "証明書")
    rules = {rule["rule"]: rule for rule in told["rules"]}
    facts: list[list[Cell]] = [
        [spoken(lang, "Day (Japan)", "対象日"), told["day"]],
        [spoken(lang, "Regime", "適用法令"), f"{told['regime']['id']} ({told['regime']['status']})"],
        [spoken(lang, "Cut-off (Japan time)", "基準時刻"), told["cutoff"]],
        [spoken(lang, "Price source", "価格の情報源"), told["price_source"]],
        [spoken(lang, "Records", "記録"), told["records"]["folder"]],
    ]
    facts += [[spoken(lang, f"Assumed: {name}", f"仮定値: {name}"), str(value)] for name, value in told["assumed"].items()]
    facts += [[spoken(lang, "Warning", "注意"), warning] for warning in told["warnings"]]
    at = sheets.table(sheet, 0, [Heading("what", "項目", width=44), Heading("value", "値", width=30)], facts)
    verdicts: list[list[Cell]] = [
        [
            spoken(lang, rules[rule]["title_en"], rules[rule]["title_ja"]),
            spoken(lang, *VERDICTS[verdict]),
            law_of(rules[rule]),
            rules[rule]["why"],
        ]
        for rule, verdict in told["verdicts"].items()
    ]
    headings = [
        Heading("rule", "規則", width=44),
        Heading("result", "結果", width=30),
        Heading("law", "根拠", width=44),
        Heading("why", "理由", width=60),
    ]
    at = sheets.table(sheet, at + 1, headings, verdicts)
    separate = told["signatures"]["separate"]
    sheet.write_string(
        at + 1, 0, f"{spoken(lang, separate['en'], separate['ja'])} ({separate['document']} {separate['provision']})", sheets.words
    )


_ASSETS = [
    Heading("asset", "資産", width=8),
    Heading("customers", "利用者数", "number", 10),
    Heading("price JPY", "価格（円）", "number"),
    Heading("owed", "帳簿残高", "number", 18),
    Heading("owed JPY", "帳簿残高（円）", "yen", 18),
    Heading("on chain", "有高", "number", 18),
    Heading("chain − ledger", "差引", "number", 16),
    Heading("observed that day", "当日照合", width=10),
    Heading("not cold", "コールド外", "number", 16),
    Heading("not cold JPY", "コールド外（円）", "yen", 16),
    Heading("guarantee required", "履行保証・必要数量", "number", 16),
    Heading("guarantee held cold", "履行保証・保有数量", "number", 16),
    Heading("guarantee − required", "履行保証・差引", "number", 16),
]


def _assets(sheets: _Sheets, told: dict[str, Any]) -> None:
    sheet = sheets.add("Assets", "資産別")
    place = places(_ASSETS)
    first, rows = 1, []
    for number, row in enumerate(told["assets"], first):
        cell = [xl_rowcol_to_cell(number, column) for column in place]
        guarantee = row["guarantee_required"] is not None
        rows.append(
            [
                row["asset"],
                row["customers"],
                row["price_jpy"],
                row["owed"],
                row["owed_jpy"],
                row["customers_held"],
                Formula(f"={cell[5]}-{cell[3]}", _minus(row["short"])),
                _yes(sheets.lang, row["observed"]),
                row["outside_cold"],
                row["outside_cold_jpy"],
                row["guarantee_required"],
                row["guarantee_cold"],
                Formula(f"={cell[11]}-{cell[10]}", _minus(row["guarantee_short"])) if guarantee else None,
            ]
        )
    at = sheets.table(sheet, 0, _ASSETS, rows)
    sheet.freeze_panes(1, 1)
    if not rows:
        return
    totals: list[Cell] = [spoken(sheets.lang, "total", "合計"), *[None] * (len(_ASSETS) - 1)]
    for column, name in ((4, "owed_jpy"), (9, "outside_cold_jpy")):
        span = f"{xl_rowcol_to_cell(first, place[column])}:{xl_rowcol_to_cell(at - 1, place[column])}"
        totals[column] = Formula(f"=SUM({span})", told["totals"][name])
    for heading, column, total in zip(_ASSETS, place, totals, strict=True):
        sheets.cell(sheet, at, column, heading.kind, total)
    owed, outside = (xl_rowcol_to_cell(at, place[column]) for column in (4, 9))
    sheet.write_string(at + 1, 0, spoken(sheets.lang, "share", "割合"), sheets.words)
    share = told["hot_share"]["share"]
    sheets.cell(sheet, at + 1, place[9], "share", Formula(f"=IF({owed}=0,0,{outside}/{owed})", share or "0"))


def _minus(text: str | None) -> str | None:
    return None if text is None else f"{-Decimal(text):f}" if Decimal(text) else "0"


def _yes(lang: str, value: bool | None) -> str:
    return "–" if value is None else spoken(lang, "yes", "はい") if value else spoken(lang, "no", "いいえ")


def _holdings(sheets: _Sheets, told: dict[str, Any]) -> None:
    lang = sheets.lang
    sheet = sheets.add("Wallets", "ウォレット")
    headings = [
        Heading("asset", "資産", width=8),
        Heading("tier", "区分"),
        Heading("holder", "帰属", width=22),
        Heading("custodian", "第三者", width=18),
        Heading("counts as cold", "コールド該当"),
        Heading("wallet", "ウォレット", width=22),
        Heading("address", "アドレス", width=36),
        Heading("once online", "接続歴"),
        Heading("observed at (UTC)", "観測時刻（UTC）", width=26),
        Heading("quantity", "数量", "number", 18),
    ]
    rows: list[list[Cell]] = [
        [
            row["asset"],
            spoken(lang, *TIERS[h["tier"]]),
            spoken(lang, *HOLDERS[h["holder"]]),
            h["custodian"],
            _yes(lang, h["counts_as_cold"]),
            w["wallet_id"],
            w["address"],
            _yes(lang, w["ever_online"]),
            w["observed_at"],
            w["quantity"],
        ]
        for row in told["assets"]
        for h in row["holdings"]
        for w in h["wallets"]
    ]
    sheets.table(sheet, 0, headings, rows)
    sheet.freeze_panes(1, 1)


def _money(sheets: _Sheets, told: dict[str, Any]) -> None:
    lang, money = sheets.lang, told["money"]
    sheet = sheets.add("Money", "金銭")
    trustees: list[list[Cell]] = [[row["trustee"], row["principal_jpy"]] for row in money["trustees"]]
    headings = [Heading("trustee", "受託者", width=44), Heading("principal JPY", "元本額（円）", "yen", 20)]
    at = sheets.table(sheet, 0, headings, trustees)
    total = at
    span = f"B2:B{at}" if trustees else "B1:B1"
    rows: list[tuple[str, Cell]] = [
        (spoken(lang, "in trust", "信託財産の元本"), Formula(f"=SUM({span})", money["trust_jpy"]) if trustees else None),
        (spoken(lang, "owed to customers", "利用者区分管理必要額"), money["owed_jpy"]),
        (
            spoken(lang, "trust − owed", "差引"),
            Formula(f"=B{total + 1}-B{total + 2}", _minus(money["short_jpy"])) if trustees else None,
        ),
        (spoken(lang, "customers", "利用者数"), money["customers"]),
    ]
    for number, (what, cell) in enumerate(rows, at):
        sheet.write_string(number, 0, what, sheets.words)
        sheets.cell(sheet, number, 1, "yen", cell)


def _hot_share(sheets: _Sheets, told: dict[str, Any]) -> None:
    hot = told["hot_share"]
    sheet = sheets.add("Hot share", "コールド外の割合")
    headings = [
        Heading("day", "日", width=12),
        Heading("at the cut-off", "基準時刻", "share"),
        Heading("highest of the day", "日中最高", "share"),
        Heading("at (UTC)", "時刻（UTC）", width=26),
        Heading("lowest of the day", "日中最低", "share"),
        Heading("limit", "上限", "share"),
        Heading("internal cap", "社内上限", "share"),
        Heading("not cold JPY", "コールド外（円）", "yen", 18),
        Heading("owed JPY", "帳簿残高（円）", "yen", 20),
        Heading("not valued", "換算不能"),
    ]
    rows: list[list[Cell]] = [
        [
            row["day"],
            row["share"],
            row["highest_share"],
            row["highest_at"],
            row["lowest_share"],
            hot["share_max"],
            hot["internal_share_max"],
            row["outside_jpy"],
            row["owed_jpy"],
            ", ".join(row["not_valued"]),
        ]
        for row in hot["over_time"]
    ]
    sheets.table(sheet, 0, headings, rows)
    sheet.freeze_panes(1, 1)
    if rows:
        chart = sheets.book.add_chart({"type": "line"})
        name = sheet.get_name()
        for column, color in ((1, "#00695C"), (2, "#EF6C00"), (5, "#C62828")):
            if column == 5 and hot["share_max"] is None:
                continue
            chart.add_series(
                {
                    "name": [name, 0, column],
                    "categories": [name, 1, 0, len(rows), 0],
                    "values": [name, 1, column, len(rows), column],
                    "line": {"color": color, "width": 1.5},
                }
            )
        chart.set_y_axis({"num_format": "0%", "min": 0})
        chart.set_size({"width": 820, "height": 320})
        sheet.insert_chart(len(rows) + 2, 0, chart)


def _sensitivity(sheets: _Sheets, told: dict[str, Any]) -> None:
    lang, hot = sheets.lang, told["hot_share"]
    sheet = sheets.add("Sensitivity", "感応度")
    headings = [
        Heading("what is changed", "変更点", width=30),
        Heading("value", "値", width=26),
        Heading("share", "割合", "share"),
        Heading("not cold JPY", "コールド外（円）", "yen", 18),
        Heading("owed JPY", "帳簿残高（円）", "yen", 20),
        Heading("above the limit", "上限超過"),
        Heading("not valued", "換算不能", width=20),
    ]
    names = {"price_source": ("price source", "価格の情報源"), "cutoff": ("cut-off", "基準時刻")}

    def row(what: str, value: str, of: dict[str, Any]) -> list[Cell]:
        return [
            what,
            value,
            of["share"],
            of["outside_jpy"],
            of["owed_jpy"],
            _yes(lang, of["above_max"]),
            ", ".join(of["not_valued"]),
        ]

    rows: list[list[Cell]] = []
    for label, key in (("highest moment of the day", "highest"), ("lowest moment of the day", "lowest")):
        if hot[key]:
            ja = {"highest": "日中最高の時点", "lowest": "日中最低の時点"}[key]
            rows.append(row(spoken(lang, label, ja), hot[key]["at_japan"], hot[key]))
    rows += [row(spoken(lang, *names[each["what"]]), each["value"], each) for each in hot["sensitivity"]]
    if hot["against_day_before"] is not None:
        rows.append(
            [
                spoken(lang, "against the ledger of the day before", "前日の帳簿残高に対する割合"),
                "",
                hot["against_day_before"],
                None,
                None,
                "–",
                "",
            ]
        )
    at = sheets.table(sheet, 0, headings, rows)
    hours: list[list[Cell]] = [
        row(spoken(lang, "highest of the hour", "1時間ごとの最高"), each["at_japan"], each) for each in hot["hours"]
    ]
    sheets.table(sheet, at + 1, headings, hours)


def _shortfalls(sheets: _Sheets, told: dict[str, Any]) -> None:
    lang = sheets.lang
    sheet = sheets.add("Shortfalls", "不足と期限")
    headings = [
        Heading("rule", "規則", width=30),
        Heading("asset", "資産", width=8),
        Heading("severity", "重大度", width=10),
        Heading("since", "発生日", width=12),
        Heading("deadline", "解消期限", width=12),
        Heading("state", "状態", width=10),
        Heading("amount JPY", "金額（円）", "yen", 18),
        Heading("what", "内容", width=80),
        Heading("law", "根拠", width=40),
        Heading("finding", "検出番号", width=24),
    ]
    rows: list[list[Cell]] = [
        [
            spoken(lang, row["title_en"], row["title_ja"]),
            row["asset"],
            row["severity"],
            row["first_day"],
            row["deadline"],
            row["state"],
            row["amount_jpy"],
            spoken(lang, row["summary_en"], row["summary_ja"]),
            "; ".join(row["law"]),
            row["finding_id"],
        ]
        for row in told["shortfalls"]
    ]
    sheets.table(sheet, 0, headings, rows)


def _capital(sheets: _Sheets, told: dict[str, Any]) -> None:
    lang, capital = sheets.lang, told["capital"]
    sheet = sheets.add("Capital", "資本")
    rows: list[list[Cell]] = [
        [spoken(lang, "net assets", "純資産額"), capital["net_assets"]["amount_jpy"], capital["net_assets"]["as_of"]],
        [
            spoken(lang, "yen value of the guarantee required", "履行保証暗号資産の円換算額"),
            capital["guarantee_value_jpy"],
            told["day"],
        ],
        [spoken(lang, "capital", "資本金の額"), capital["capital"]["amount_jpy"], capital["capital"]["as_of"]],
        [spoken(lang, "minimum capital", "最低資本金"), capital["capital_jpy_min"], None],
        [spoken(lang, "minimum net assets", "最低純資産額"), capital["net_assets_jpy_min"], None],
    ]
    ratio = capital["adequacy_ratio"]
    if ratio:
        rows += [[f"{line['label']}: {line['how']}", line["amount"], ratio["as_of"]] for line in ratio["working"]]
    headings = [
        Heading("what", "項目", width=60),
        Heading("amount JPY or ratio", "金額（円）又は比率", "number", 22),
        Heading("as of", "基準日"),
    ]
    sheets.table(sheet, 0, headings, rows)


def _law(sheets: _Sheets, told: dict[str, Any]) -> None:
    lang = sheets.lang
    sheet = sheets.add("Law", "根拠と値")
    provisions: list[list[Cell]] = [
        [rule["rule"], rule["status"], p["document"], p["provision"], p["quote"]]
        for rule in told["rules"]
        for p in rule["provisions"]
    ]
    headings = [
        Heading("rule", "規則", width=32),
        Heading("status", "状態"),
        Heading("document", "文書"),
        Heading("provision", "条項", width=24),
        Heading("sentence", "条文", width=100),
    ]
    at = sheets.table(sheet, 0, headings, provisions)
    values: list[list[Cell]] = [
        [
            rule["rule"],
            p["name"],
            spoken(lang, "undetermined", "未定") if p["value"] is None else str(p["value"]),
            f"{p['document'] or ''} {p['provision'] or ''}".strip() or spoken(lang, "assumed", "仮定値"),
            f"{p['set_by']}, {p['confidence'] or ''}, {p['note'] or ''}",
        ]
        for rule in told["rules"]
        for p in rule["parameters"]
    ]
    headings = [
        Heading("rule", "規則", width=32),
        Heading("parameter", "値の名称"),
        Heading("value", "値"),
        Heading("source", "出典", width=24),
        Heading("set by, confidence, note", "設定者・確度・注記", width=100),
    ]
    sheets.table(sheet, at + 1, headings, values)


def _evidence(sheets: _Sheets, told: dict[str, Any]) -> None:
    sheet = sheets.add("Evidence", "証拠")
    tables: list[list[Cell]] = [[name, table["rows"], table["sha256"]] for name, table in told["records"]["tables"].items()]
    at = sheets.table(
        sheet,
        0,
        [Heading("table", "表", width=24), Heading("rows", "行数", "number"), Heading("sha256", "sha256", width=110)],
        tables,
    )
    sums: list[list[Cell]] = [
        [asset, proof["rows"], f"sum = {proof['sum']}: {proof['query']}"]
        for asset, proof in [
            ("JPY", told["money"]["evidence"]["ledger"]),
            *((a["asset"], a["evidence"]["ledger"]) for a in told["assets"]),
        ]
    ]
    headings = [Heading("ledger of", "帳簿"), Heading("rows", "行数", "number"), Heading("query", "照会", width=110)]
    at = sheets.table(sheet, at + 1, headings, sums)
    records: list[list[Cell]] = [
        [what, None, f"{one['table']}: {one['id']}"]
        for what, named in [
            ("JPY", told["money"]["evidence"]["records"]),
            *((a["asset"], a["evidence"]["records"]) for a in told["assets"]),
            ("hot share", told["hot_share"]["evidence"]),
            ("capital", told["capital"]["evidence"]),
        ]
        for one in named
    ]
    sheets.table(
        sheet, at + 1, [Heading("figure", "数値"), Heading("", "", "number"), Heading("record", "記録", width=110)], records
    )


def _property_report(sheets: _Sheets, report: dict[str, Any]) -> None:
    lang = sheets.lang
    sheet = sheets.add("CAO 38", "府令38条報告")
    if report["state"] != "ran":
        sheet.write_string(0, 0, f"{report['state']}: {report['why']}", sheets.words)
        return
    money, hot = report["money"], report["hot_share"]
    facts: list[list[Cell]] = [
        [spoken(lang, "period", "対象期間"), f"{report['from']} – {report['until']}"],
        [spoken(lang, "figures of", "数値の基準日"), report["figures_of"] if report["whole"] else f"{report['figures_of']} (!)"],
        [spoken(lang, "report due on", "提出期限"), report["report_due_on"]],
        [spoken(lang, "statements due on", "財務書類の提出期限"), report["statements_due_on"]],
        [spoken(lang, "money owed at the end", "期末の利用者の金銭の額"), money["at_end"]["owed_jpy"]],
        [spoken(lang, "in trust at the end", "期末の信託財産の元本"), money["at_end"]["trust_jpy"]],
        [spoken(lang, "highest money owed", "期中最高額"), f"{money['highest_jpy']} ({money['highest_on']})"],
        [spoken(lang, "hot share at the end", "期末のコールド外の割合"), hot["at_end"]],
        [spoken(lang, "highest hot share", "期中最高のコールド外の割合"), f"{hot['highest']} ({hot['highest_on']})"],
        [
            spoken(lang, "days above the limit", "上限超過の日数"),
            None if hot["days_above_max"] is None else str(hot["days_above_max"]),
        ],
    ]
    for each in report["attachments"]:
        what, held = spoken(lang, each["what_en"], each["what_ja"]), spoken(lang, each["records_hold_en"], each["records_hold_ja"])
        facts.append([f"{each['provision']} {what}", held])
    facts += [[spoken(lang, "not filled", "未記入"), spoken(lang, each["en"], each["ja"])] for each in report["not_filled"]]
    at = sheets.table(sheet, 0, [Heading("what", "項目", width=50), Heading("value", "値", width=40)], facts)
    names = (
        ("owed", "期末数量"),
        ("owed_jpy", "期末評価額（円）"),
        ("self_managed_cold", "自己管理・コールド"),
        ("self_managed_not_cold", "自己管理・コールド外"),
        ("third_party_cold", "第三者・コールド"),
        ("third_party_not_cold", "第三者・コールド外"),
        ("guarantee_required", "履行保証・必要"),
        ("guarantee_cold", "履行保証・保有"),
        ("highest_owed", "期中最高"),
        ("lowest_owed", "期中最低"),
        ("owed_before", "期首数量"),
        ("owed_change", "数量の増減"),
        ("owed_jpy_change", "評価額の増減（円）"),
    )
    headings = [Heading("asset", "資産", width=50), *(Heading(name.replace("_", " "), ja, "number", 16) for name, ja in names)]
    rows: list[list[Cell]] = [[row["asset"], *(row[name] for name, _ja in names)] for row in report["assets"]]
    sheets.table(sheet, at + 1, headings, rows)
