"""The record tables are the contract: complete, in order, and every column explained."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from sekisho.records import TABLES, RecordsError, describe, safe_text

IN_ORDER = (
    "party party_link account asset instrument order_event trade reference_price wallet wallet_balance customer_balance "
    "money_trust chain_movement firm_balance reserve_volume reserve_use transfer account_event quick_deposit request_event "
    "customer_check customer_risk suspicion communication "
    "listing_application material_fact fact_knowledge publication customer_order_knowledge stated_plan movement_approval "
    "wallet_procedure wallet_destination wallet_key custody_duty provider wallet_service assessment crypto_loan "
    "balance_sheet_item subordinated_debt filing reportable_event wind_down_event asset_return instruction "
    "counterparty_vasp counterparty_network counterparty_wallet travel_rule_notice list_version list_entry information_exchange "
    "suitability_check trading_criterion trading_limit guardian_consent document_delivery issuer_breach margin_order "
    "margin_position margin_valuation margin_call margin_ratio "
    "registered_operator operator_warning sales_contact solicitation solicitation_sign operator_contract trading_venue"
)


def test_tables_come_in_the_order_of_the_contract() -> None:
    assert list(TABLES) == IN_ORDER.split()


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_table_explains_itself(table) -> None:
    names = [column.name for column in table.columns]
    assert table.meaning.endswith(".")
    assert len(set(names)) == len(names)
    assert set(table.key) | set(table.unique) <= set(names)
    assert not any(table.by_name[name].nullable for name in table.key)
    for column in table.columns:
        assert column.meaning, column
        if column.kind == "time":
            assert column.unit == "UTC", column
        if column.kind == "date":
            assert column.unit == "date (Japan)", column
        if column.kind == "decimal":
            assert column.unit, column
        if column.refers_to:
            parent, _, referred = column.refers_to.partition(".")
            assert TABLES[parent].by_name[referred].kind == column.kind, column


def test_standards_are_named_the_same_way_everywhere() -> None:
    standards = [column.standard for table in TABLES.values() for column in table.columns if column.standard]
    assert all(
        re.match(r"FIX \d+ [A-Z]|IVMS101 [a-zA-Z]|ISO (3166-1|4217|17442|24165|639-1)|STIX 2\.1 [a-z]|TLP 2\.0", standard)
        for standard in standards
    )


def test_arrow_schemas_are_canonical() -> None:
    schema = TABLES["trade"].arrow_schema
    assert schema.field("executed_at").type == pa.timestamp("us", "UTC")
    assert schema.field("price").type == pa.decimal128(38, 18)
    assert schema.field("sequence").type == pa.int64()
    assert not schema.field("trade_id").nullable
    assert schema.field("buy_order_id").nullable


@pytest.mark.parametrize(
    ("table", "row", "name"),
    [
        ("trade", {"trade_id": "T1"}, "T1"),
        ("wallet_balance", {"wallet_id": "W1", "observed_at": datetime(2026, 5, 2, tzinfo=UTC)}, "W1|2026-05-02T00:00:00.000000Z"),
        ("customer_balance", {"account_id": "A17", "asset": "BTC", "as_of_date": date(2026, 5, 2)}, "A17|BTC|2026-05-02"),
        ("money_trust", {"as_of_date": date(2026, 5, 2), "trustee": "T"}, "2026-05-02"),
        ("firm_balance", {"as_of_date": date(2026, 5, 2), "item": "net_assets"}, "2026-05-02|net_assets"),
        ("chain_movement", {"txid": "X1", "asset": "BTC"}, "X1"),
        ("party_link", {"party_id": "P1", "linked_party_id": "P2", "relation": "same_owner"}, "P1|P2|same_owner"),
    ],
)
def test_records_are_named_as_evidence_names_them(table: str, row: dict[str, object], name: str) -> None:
    assert TABLES[table].name_of(row) == name


def test_describe_gives_one_table_or_all() -> None:
    assert [d["table"] for d in describe()] == list(TABLES)
    (trade,) = describe("trade")
    assert trade["key"] == ["trade_id"]
    with pytest.raises(RecordsError, match="trades: is not a record table; the tables are party, party_link"):
        describe("trades")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+81", "'+81"),
        ("-1", "'-1"),
        ("@sum", "'@sum"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("BTC/JPY", "BTC/JPY"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_formulas_are_disarmed_for_spreadsheets(text: str, safe: str) -> None:
    assert safe_text(text) == safe
