"""The pages of filings: forms and their JSON twins, what is withheld, and that an STR does not exist for who may not know of it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.contrib.messages import get_messages
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from sekisho.console import urls  # noqa: F401 - reads every area's pages
from sekisho.console.alerts.models import Alert
from sekisho.console.cases.models import Case
from sekisho.console.desk.panels import panels_of
from sekisho.console.filings import life
from sekisho.console.filings.models import Filing
from sekisho.console.journal.acting import acting
from sekisho.console.journal.guarded import readable
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Person

Browser = Callable[[str], Client]
Acting = Callable[[str], Actor]
KNOW = ("compliance", "supervisor", "audit")
DO_NOT_KNOW = ("sro", "investigator", "auditor")


def _post(client: Client, name: str, *args: Any, **fields: Any) -> Any:
    return client.post(reverse(name, args=args), fields, HTTP_REFERER="http://testserver/filings/")


def _said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.fixture
def secret(actor: Acting, case: Case, whole: Callable[[str], Any]) -> Filing:
    """A report of a suspicious transaction, written."""
    filing = life.begin(actor("compliance"), "suspicious-transaction", case=case)
    return life.write(actor("compliance"), filing.pk, whole("suspicious-transaction"), 1)


def test_a_form_is_written_validated_reviewed_and_filed_through_the_pages(browser: Browser, whole: Any) -> None:
    writer, other, chief = browser("compliance"), browser("compliance2"), browser("supervisor")
    at = _post(writer, "begin filing", kind="unfair-trading").url
    pk = at.rstrip("/").rpartition("/")[2]
    fields = {name: value for name, value in whole("unfair-trading").items() if isinstance(value, str)}
    rows = {f"trades-0-{name}": value for name, value in whole("unfair-trading")["trades"][0].items()}
    done = _post(writer, "write filing", pk, version="1", check="1", **fields, **rows)
    assert done.url == at, _said(done)
    assert Filing.objects.get(pk=pk).state == "validated"
    assert "another person" in _said(_post(writer, "review filing", pk, version="2")).lower()
    _post(other, "review filing", pk, version="2")
    _post(writer, "propose filing", pk, filed_on="2026-11-01", channel="sro", reason_code="required")
    _post(chief, "approve proposal", life.Proposal.objects.get().pk)
    assert Filing.objects.get(pk=pk).state == "filed"
    page = writer.get(at).content.decode()
    assert "PERSON-SUPERVISOR" in page
    assert 'name="facts"' not in page


def test_json_goes_the_same_way_and_is_refused_the_same(browser: Browser, whole: Any) -> None:
    writer = browser("compliance")

    def send(name: str, *args: Any, **body: Any) -> Any:
        return writer.post(reverse(f"{name} as JSON", args=args), json.dumps(body), content_type="application/json")

    pk = send("begin filing", kind="closure").json()["filing"]
    assert send("write filing", pk, version=1, content={"sent": "yes"}).status_code == 422
    assert send("write filing", pk, version=1, content=whole("closure")).json()["version"] == 2
    assert send("write filing", pk, version=1, content=whole("closure")).status_code == 422
    assert send("validate filing", pk).json()["faults"] == {}
    assert send("review filing", pk, version=2).status_code == 422
    assert send("write filing", pk, wrong=1).status_code == 422
    assert browser("sro").post(reverse("write filing as JSON", args=[pk]), "{}", content_type="application/json").status_code == 403


def test_a_fault_stands_at_its_item_in_both_languages(browser: Browser) -> None:
    client = browser("compliance")
    at = _post(client, "begin filing", kind="closure").url
    page = client.get(f"{at}?check=1", headers={"accept-language": "ja"}).content.decode()
    assert 'id="w-registered_on">記載が必要です' in page
    assert 'aria-invalid="true"' in page
    assert "this is missing" in client.get(f"{at}?check=1").content.decode()


def test_what_was_typed_is_not_lost_when_somebody_else_was_faster(browser: Browser, whole: Any) -> None:
    first, second = browser("compliance"), browser("compliance2")
    at = _post(first, "begin filing", kind="closure").url
    pk = at.rstrip("/").rpartition("/")[2]
    _post(second, "write filing", pk, version="1", reason="theirs")
    _post(first, "write filing", pk, version="1", reason="typed for an hour")
    page = first.get(at).content.decode()
    assert "typed for an hour" in page
    assert "was not kept" in page
    assert "typed for an hour" not in first.get(at).content.decode()


@pytest.mark.parametrize("who", DO_NOT_KNOW)
def test_an_str_does_not_exist_for_who_may_not_know_of_it(who: str, browser: Browser, secret: Filing, actor: Acting) -> None:
    client = browser(who)
    assert client.get(reverse("filing", args=[secret.pk])).status_code == 404
    assert client.get(reverse("filing as JSON", args=[secret.pk])).status_code == 404
    for name, args in (("filing versions", [secret.pk]), ("filing document", [secret.pk, "pdf"])):
        assert client.get(reverse(name, args=args)).status_code == 404
    for address in ("", "?q=STR", "?case=C-1", "?kind=suspicious-transaction"):
        told = client.get(reverse("filings as JSON") + address).json()
        assert (told["rows"], told["count"]) == ([], 0)
        assert "suspicious" not in json.dumps([each["values"] for each in told["filters"]])
    for form in ("csv", "xlsx"):
        made = client.get(f"{reverse('filings')}?as={form}")
        made = b"".join(made.streaming_content) if made.streaming else made.content
        text = (
            made.decode()
            if form == "csv"
            else str([c.value for row in openpyxl.load_workbook(io.BytesIO(made)).active for c in row])
        )
        assert "STR" not in text
    request: Any = RequestFactory().get("/")
    request.actor = actor(who)
    assert "STR" not in str(
        [panel["content"]["filings"] for panel in panels_of(request, "case", "C-1") if panel["name"] == "filings"]
    )


@pytest.mark.parametrize("who", KNOW)
def test_who_may_know_sees_it(who: str, browser: Browser, secret: Filing) -> None:
    assert browser(who).get(reverse("filing", args=[secret.pk])).status_code == 200
    assert browser(who).get(reverse("filings as JSON")).json()["count"] == 1


def test_the_journal_keeps_strs_from_readers_who_may_not_know(actor: Acting, reviewed: Any, case: Case, browser: Browser) -> None:
    filing = reviewed("suspicious-transaction", case=case)
    _post(browser("compliance"), "propose filing", filing.pk, filed_on="2026-11-01", channel="e_gov", reason_code="at_once")
    proposal = life.Proposal.objects.get()
    _post(browser("supervisor"), "approve proposal", proposal.pk)
    assert Filing.objects.get(pk=filing.pk).state == "filed"
    for who in ("administrator", "auditor", "investigator"):
        lines = readable(Change.objects.all(), actor(who).may)
        said = [f"{line.act} {line.kind} {line.object} {line.field} {line.old} {line.new}" for line in lines]
        assert said
        assert not [each for each in said if re.search(r"\bSTR\b", each)]
        assert not {line.kind for line in lines} & {"filing", "version", "proposal"}
    assert readable(Change.objects.filter(object=filing.pk), actor("audit").may).exists()


def test_the_audit_trail_and_its_exports_keep_strs_from_who_may_not_know(secret: Filing, browser: Browser) -> None:
    outside, audit = browser("auditor"), browser("audit")
    for address in ("", "?object=STR-2026-00001", "?kind=version", "?kind=filing"):
        assert "STR-2026" not in json.dumps(outside.get(reverse("journal as JSON") + address).json()["rows"])
    assert b"STR-2026" not in b"".join(outside.get(f"{reverse('journal')}?as=csv").streaming_content)
    assert audit.get(f"{reverse('journal as JSON')}?object=STR-2026-00001").json()["count"] > 0


def test_approvals_do_not_show_an_str_to_who_may_not_know(reviewed: Any, case: Case, browser: Browser) -> None:
    filing = reviewed("suspicious-transaction", case=case)
    _post(browser("compliance"), "propose filing", filing.pk, filed_on="2026-11-01", channel="e_gov", reason_code="at_once")
    assert browser("supervisor").get(reverse("proposals as JSON")).json()["count"] == 1
    for who in ("administrator", "auditor", "operations", "audit"):
        assert browser(who).get(reverse("proposals as JSON")).json()["count"] == 0
        assert browser(who).get(reverse("proposal", args=[life.Proposal.objects.get().pk])).status_code == 404


def test_acting_on_a_number_tells_nothing_of_an_str(reviewed: Any, case: Case, browser: Browser) -> None:
    filing = reviewed("suspicious-transaction", case=case)
    _post(browser("compliance"), "propose filing", filing.pk, filed_on="2026-11-01", channel="e_gov", reason_code="at_once")
    pk = life.Proposal.objects.get().pk
    for name in ("approve proposal", "reject proposal", "withdraw proposal"):
        for number in (pk, pk + 1):
            answer = browser("operations").post(reverse(f"{name} as JSON", args=[number]), "{}", content_type="application/json")
            assert (answer.status_code, answer.json()) == (404, {"error": "There is no such thing here."})
    for name in ("write filing", "validate filing", "amend filing", "drop filing"):
        answer = browser("supervisor").post(
            reverse(f"{name} as JSON", args=["STR-2026-99999"]), "{}", content_type="application/json"
        )
        assert answer.status_code == 404


def test_readers_from_outside_see_what_was_filed_and_no_draft(reviewed: Any, browser: Browser) -> None:
    filing = reviewed("closure")
    outside = browser("sro")
    assert outside.get(reverse("filing", args=[filing.pk])).status_code == 404
    _post(browser("compliance"), "propose filing", filing.pk, filed_on="2026-11-01", channel="paper", reason_code="required")
    _post(browser("supervisor"), "approve proposal", life.Proposal.objects.get().pk)
    page = outside.get(reverse("filing", args=[filing.pk]))
    assert page.status_code == 200
    assert b"<form" not in page.content.split(b"<main")[1]


def test_names_are_withheld_from_who_only_reads(secret: Filing, browser: Browser) -> None:
    for suffix in ("", " as JSON"):
        told = browser("audit").get(reverse(f"filing{suffix}", args=[secret.pk])).content.decode()
        assert "試験 太郎" not in told
        assert "大阪府" not in told
    assert "試験 太郎" in browser("compliance").get(reverse("filing", args=[secret.pk])).content.decode()
    assert browser("audit").get(reverse("filing document", args=[secret.pk, "json"])).status_code == 403
    assert "試験 太郎" not in browser("audit").get(f"{reverse('filing versions', args=[secret.pk])}?from=1&to=2").content.decode()


@pytest.mark.parametrize("form", ["docx", "pdf", "xlsx", "json"])
def test_who_took_a_document_is_kept(form: str, secret: Filing, browser: Browser) -> None:
    response = browser("compliance").get(reverse("filing document", args=[secret.pk, form]))
    assert response.status_code == 200
    assert response["Content-Disposition"] == f'attachment; filename="{secret.pk}-v2.{form}"'
    line = Change.objects.get(kind="filing", field="downloaded")
    assert (line.person, line.new["as"], line.act) == ("PERSON-COMPLIANCE", form, "download STR")


def test_what_changed_between_versions_is_shown(secret: Filing, browser: Browser) -> None:
    told = browser("compliance").get(f"{reverse('filing versions as JSON', args=[secret.pk])}?from=1&to=2").json()
    changed = {row["title"]["en"]: (row["before"], row["after"]) for row in told["changed"]}
    assert changed["Trade name"] == ("", "関所取引所株式会社")
    assert "試験 太郎" in changed["Who they are, as far as known"][1]
    assert browser("compliance").get(f"{reverse('filing versions', args=[secret.pk])}?to=9").status_code == 404


def test_a_case_somebody_may_not_see_begins_nothing(browser: Browser, case: Case) -> None:
    response = browser("compliance").post(
        reverse("begin filing as JSON"), json.dumps({"kind": "misconduct", "case": "C-9"}), content_type="application/json"
    )
    assert (response.status_code, response.json()["faults"]) == (422, {"case": "there is no such case"})


def test_every_page_of_a_filing_speaks_japanese(secret: Filing, browser: Browser) -> None:
    client = browser("compliance")
    for name, args in (("filing", [secret.pk]), ("filing versions", [secret.pk]), ("new filing", [])):
        page = client.get(reverse(name, args=args), headers={"accept-language": "ja"}).content.decode()
        assert 'lang="ja"' in page
    assert (
        "疑わしい取引の届出" in client.get(reverse("filing", args=[secret.pk]), headers={"accept-language": "ja"}).content.decode()
    )


def test_nothing_is_chosen_beforehand_of_how_and_why_it_was_sent(reviewed: Any, browser: Browser) -> None:
    filing = reviewed("closure")
    page = browser("compliance").get(reverse("filing", args=[filing.pk])).content.decode()
    for name in ("channel", "reason_code"):
        first = page.split(f'<select name="{name}" required>', 1)[1].split("</option>")[0]
        assert first == '<option value="">choose'
    _post(browser("compliance"), "propose filing", filing.pk, filed_on="2026-11-01", channel="", reason_code="required")
    assert not life.Proposal.objects.exists()


@pytest.mark.parametrize(("language", "level"), [("en", "warning"), ("ja", "warning")])
def test_what_is_missing_is_no_good_news(language: str, level: str, actor: Acting, browser: Browser) -> None:
    filing = life.begin(actor("compliance"), "closure")
    client = browser("compliance")
    answer = client.post(reverse("validate filing", args=[filing.pk]), headers={"accept-language": language}, follow=True)
    assert f'<li class="{level}">' in answer.content.decode()
    assert '<li class="success">' not in answer.content.decode()


def test_who_approves_is_told_what_it_is_to_whom_and_who_stands_for_it(reviewed: Any, browser: Browser) -> None:
    filing = reviewed("unfair-trading")
    _post(browser("compliance"), "propose filing", filing.pk, filed_on="2026-11-01", channel="sro", reason_code="voluntary")
    where = reverse("proposal", args=[life.Proposal.objects.get().pk])
    page = browser("supervisor").get(where).content.decode()
    for said in ("Report of suspected unfair trading", "both", "wash trade or matched orders (185-24(1))", "(PERSON-COMPLIANCE2)"):
        assert said in page
    japanese = browser("supervisor").get(where, headers={"accept-language": "ja"}).content.decode()
    for said in ("不公正取引の疑いに関する報告書", "双方", "仮装売買・馴合売買（同第185条の24第1項）", "レビュー担当者"):
        assert said in japanese
    approved = browser("supervisor").post(reverse("approve proposal", args=[life.Proposal.objects.get().pk]), follow=True)
    assert "Approved: the report is filed." in approved.content.decode()


def test_the_history_says_who_proposed_and_who_took_it_back(reviewed: Any, browser: Browser) -> None:
    filing = reviewed("closure")
    _post(browser("compliance"), "propose filing", filing.pk, filed_on="2026-11-01", channel="sro", reason_code="voluntary")
    _post(browser("compliance"), "withdraw proposal", life.Proposal.objects.get().pk, words="too early")
    told = browser("compliance").get(reverse("filing as JSON", args=[filing.pk])).json()["history"]
    acts = [(line["act"], line["person"]) for line in told if line["field"] == "proposal"]
    assert acts == [("withdraw", "PERSON-COMPLIANCE"), ("propose: file a report", "PERSON-COMPLIANCE")]
    page = browser("compliance").get(reverse("filing", args=[filing.pk])).content.decode()
    name = Person.objects.get(pk="PERSON-COMPLIANCE").name
    assert f"{name} (PERSON-COMPLIANCE): proposed: " in page


def test_the_firm_knows_since_the_first_alert_was_raised(actor: Acting, case: Case) -> None:
    with acting(actor("compliance").author, "raise earlier"):
        alert = Alert.objects.get(pk="F-2")
        alert.raised_at = alert.window_from + timedelta(minutes=1)
        alert.save()
        case.opened_at += timedelta(days=9)
        case.save()
    content = life.content_of(life.begin(actor("compliance"), "unfair-trading", case=case))
    assert content["known_on"] == "2026-11-02"


def test_no_trade_is_known_before_it_was_made(actor: Acting, case: Case) -> None:
    """A trade after the first alert was raised: the default is the day of that trade, and the check agrees."""
    with acting(actor("compliance").author, "go on"):
        alert = Alert.objects.get(pk="F-2")
        alert.raised_at = alert.window_from + timedelta(minutes=1)
        alert.save()
        later = Alert.objects.exclude(pk="F-2").filter(joined__case=case).get()
        later.window_from = alert.window_from + timedelta(days=3)
        later.window_until = later.window_from + timedelta(hours=1)
        later.save()
    content = life.content_of(life.begin(actor("compliance"), "unfair-trading", case=case))
    assert content["known_on"] == max(row["from"][:10] for row in content["trades"])
    check = life.kind_of("unfair-trading").check
    assert check is not None
    assert check(content) == {}
    assert list(check({**content, "known_on": min(row["from"][:10] for row in content["trades"])})) == ["known_on"]


def test_a_case_without_alerts_is_known_since_it_was_opened(actor: Acting, case: Case) -> None:
    with acting(actor("compliance").author, "take out"):
        for each in case.joined.all():
            each.delete()
    content = life.content_of(life.begin(actor("compliance"), "unfair-trading", case=case))
    assert content["known_on"] == timezone.localdate(case.opened_at).isoformat()
