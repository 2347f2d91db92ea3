"""A narrative drafted from the evidence: who, what, when, where, why, how. Each sentence names its proof; a person edits it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sekisho.console.alerts.models import Alert
from sekisho.console.cases.models import Case, Evidence
from sekisho.console.cases.seen import ids_of
from sekisho.console.cases.work import JAPAN
from sekisho.console.desk.sentences import sentence
from sekisho.rulebook import load_rulebook

NAMED_MAX = 6
"""Ids written out behind one sentence; how many more there are is said."""


def draft(case: Case, alerts: Sequence[Alert], pieces: Sequence[Evidence], at: datetime) -> tuple[str, str]:
    """The draft in English and in Japanese. It says nothing that no alert, record or file says, and that it is a draft."""
    texts = []
    for language in ("en", "ja"):
        with translation.override(language):
            texts.append(_written(case, alerts, pieces, at, language))
    return texts[0], texts[1]


def _written(case: Case, alerts: Sequence[Alert], pieces: Sequence[Evidence], at: datetime, language: str) -> str:
    parts = [
        _("DRAFT written by Sekisho from the evidence on %(at)s (Japan time). A person has to check, correct and complete it.")
        % {"at": _time(at)},
        f"{case.case_id}: {case.said}",
    ]
    sections = (
        (_("WHO"), _who(case, alerts)),
        (_("WHAT"), _what(alerts, language)),
        (_("WHEN"), _when(alerts)),
        (_("WHERE"), _where(alerts)),
        (_("WHY"), _why(alerts, language)),
        (_("HOW"), _how(alerts)),
        (_("EVIDENCE IN THE REGISTER"), _pieces(pieces)),
    )
    for heading, sentences in sections:
        said = list(sentences) or [_("Nothing in the evidence says this. To be written.")]
        parts.append("\n".join([heading, *(f"- {each}" for each in said)]))
    return "\n\n".join(parts) + "\n"


def _who(case: Case, alerts: Sequence[Alert]) -> Iterable[str]:
    subjects = Counter(each for alert in alerts for each in ids_of(alert))
    for subject, count in sorted(subjects.items()):
        said = ngettext("%(subject)s is the subject of %(n)s alert.", "%(subject)s is the subject of %(n)s alerts.", count)
        yield _cited(said % {"subject": subject, "n": count}, [f"alert {a.alert_id}" for a in alerts if subject in ids_of(a)])
    others = sorted(set(case.parties) - set(subjects))
    if others:
        yield _cited(_("The case is also about %(parties)s.") % {"parties": ", ".join(others)}, [f"case {case.case_id}"])


def _what(alerts: Sequence[Alert], language: str) -> Iterable[str]:
    for alert in alerts:
        yield _cited(alert.summary_ja if language == "ja" else alert.summary_en, [f"alert {alert.alert_id}", *_evidence(alert)])


def _when(alerts: Sequence[Alert]) -> Iterable[str]:
    if not alerts:
        return
    first, last = min(alerts, key=lambda a: a.window_from), max(alerts, key=lambda a: a.window_until)
    told = {"first": _time(first.window_from), "last": _time(last.window_until)}
    said = _("What the alerts describe lies between %(first)s and %(last)s (Japan time).") % told
    yield _cited(said, [f"alert {first.alert_id}", f"alert {last.alert_id}"])
    raised = min(alerts, key=lambda a: a.raised_at)
    yield _cited(_("The first alert was raised on %(at)s.") % {"at": _time(raised.raised_at)}, [f"alert {raised.alert_id}"])


def _where(alerts: Sequence[Alert]) -> Iterable[str]:
    for instrument in sorted({alert.instrument for alert in alerts if alert.instrument}):
        own = [f"alert {alert.alert_id}" for alert in alerts if alert.instrument == instrument]
        yield _cited(_("On the market of %(instrument)s.") % {"instrument": instrument}, own)
    for asset in sorted({alert.asset for alert in alerts if alert.asset}):
        yield _cited(_("In %(asset)s.") % {"asset": asset}, [f"alert {a.alert_id}" for a in alerts if a.asset == asset])


def _why(alerts: Sequence[Alert], language: str) -> Iterable[str]:
    rules = load_rulebook().rules
    for path in sorted({alert.rule for alert in alerts} & set(rules)):
        title, statement = rules[path].title, rules[path].statement
        told = (title.ja, statement.ja) if language == "ja" else (title.en, statement.en)
        said = _("It matters under the rule '%(title)s': %(statement)s") % {
            "title": told[0],
            "statement": " ".join(told[1].split()),
        }
        yield _cited(said, [f"rule {path}", *(f"regime {each}" for each in sorted({a.regime for a in alerts if a.rule == path}))])
    for alert in alerts:
        if alert.amount_jpy is not None:
            amount = f"{alert.amount_jpy:,.0f}"
            yield _cited(_("The amount the alert gives is JPY %(amount)s.") % {"amount": amount}, [f"alert {alert.alert_id}"])
    if alerts:
        yield _("The records do not show with what intent it was done. To be written from statements and communications.")


def _how(alerts: Sequence[Alert]) -> Iterable[str]:
    named = sorted({(item["table"], item["id"]) for alert in alerts for item in alert.evidence})
    for table, count in sorted(Counter(table for table, _id in named).items()):
        said = ngettext("%(n)s record of the table %(table)s proves it.", "%(n)s records of the table %(table)s prove it.", count)
        yield _cited(said % {"n": count, "table": table}, [f"{table} {key}" for name, key in named if name == table])


def _pieces(pieces: Sequence[Evidence]) -> Iterable[str]:
    for piece in pieces:
        told = {"what": piece.what, "obtained": sentence(piece.obtained), "sha256": piece.sha256}
        yield _cited(_("%(what)s, obtained from: %(obtained)s, SHA-256 %(sha256)s.") % told, [f"evidence {piece.pk}"])


def _evidence(alert: Alert) -> list[str]:
    return [f"{item['table']} {item['id']}" for item in alert.evidence]


def _cited(sentence: str, ids: Sequence[str]) -> str:
    """A sentence with the ids of what it rests on."""
    more = len(ids) - NAMED_MAX
    rest = [_("and %(n)s more") % {"n": more}] if more > 0 else []
    return f"{sentence} [{'; '.join([*ids[:NAMED_MAX], *rest])}]"


def _time(at: datetime) -> str:
    return at.astimezone(JAPAN).strftime("%Y-%m-%d %H:%M:%S")
