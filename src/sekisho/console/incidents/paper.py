"""The post-incident report with its log: what happened, what was done and told, what was learned. One content, as PDF and Word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from sekisho.console.desk.papers import Paper, Part
from sekisho.console.incidents.clocks import in_language
from sekisho.console.incidents.log_words import line_said
from sekisho.console.incidents.models import Incident
from sekisho.console.people.actor import Actor
from sekisho.console.people.naming import everybody, with_name


def report_paper(incident: Incident, actor: Actor) -> Paper:
    """The report as it stands now; what is not known is told as not known."""
    state = incident.get_state_display()
    lead = _("{id}. {kind}, {severity}. State: {state}. Times are Japan time. As of {at}.").format(
        id=incident.pk,
        kind=incident.get_incident_kind_display(),
        severity=incident.get_severity_display(),
        state=state,
        at=_time(actor.at),
    )
    people = everybody()
    parts = [
        _facts(incident, people),
        *_found_in_logs(incident),
        _log(incident, people),
        _told(incident, people),
        _reports(incident),
        _measures(incident, people),
        _recovery(incident, people),
        _lessons(incident, people),
        _files(incident),
    ]
    return Paper(
        name=f"{incident.pk}-report",
        title=_("Post-incident report: {title}").format(title=incident.title),
        lead=lead,
        parts=parts,
        foot=f"{incident.pk}, {_time(actor.at)}, {actor.person.person_id}",
    )


def _time(at: Any) -> str:
    return "" if at is None else timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def _facts(incident: Incident, people: Mapping[str, str]) -> Part:
    unknown = _("not known")
    assets = ", ".join(f"{each.get('quantity', '')} {each.get('asset', '')}".strip() for each in incident.assets)
    lines = [
        (_("Began"), _time(incident.began_at) or unknown),
        (_("Detected"), _time(incident.detected_at)),
        (_("Recognised"), f"{_time(incident.known_at)}, {with_name(people, incident.known_by)}"),
        (_("Found by"), f"{incident.get_source_display()} {incident.source_ref}".strip()),
        (_("Contained"), _time(incident.contained_at) or _("not yet")),
        (_("Recovered"), _time(incident.recovered_at) or _("not yet")),
        (_("Systems affected"), ", ".join(incident.systems) or unknown),
        (_("Assets affected"), assets or unknown),
        (_("Amount (JPY)"), unknown if incident.amount_jpy is None else f"{incident.amount_jpy.normalize():,f}"),
        (_("Clients affected"), unknown if incident.clients is None else f"{incident.clients:,}"),
        (_("Led by"), with_name(people, incident.lead_id) or _("nobody yet")),
        (_("Cause"), incident.cause or _("not found yet")),
    ]
    sentences = [incident.summary, *([incident.clients_words] if incident.clients_words else [])]
    return Part(heading=_("What happened"), sentences=sentences, titles=(_("What"), pgettext("incidents", "Facts")), lines=lines)


def _found_in_logs(incident: Incident) -> list[Part]:
    lang = "ja" if (get_language() or "").startswith("ja") else "en"
    parts = [
        Part(heading=each["title"][lang], sentences=[line[lang] for line in each["lines"]], level=2)
        for each in incident.details.get("statements", ())
        if each["lines"]
    ]
    still = [f"□ {each[lang]}" for each in incident.details.get("open_items", ())]
    if still:
        parts.append(Part(heading=_("What no record tells: to be filled in"), sentences=still, level=2))
    return parts


def _log(incident: Incident, people: Mapping[str, str]) -> Part:
    lines = [
        (
            number,
            _time(each.happened_at),
            _time(each.written_at),
            with_name(people, each.by),
            each.get_entry_kind_display(),
            line_said(each.words, people),
        )
        for number, each in enumerate(incident.entries.order_by("happened_at", "pk"), 1)
    ]
    titles = (_("No."), _("Happened"), _("Written down"), _("By"), _("Kind"), _("Words"))
    return Part(heading=_("Log"), titles=titles, lines=lines)


def _told(incident: Incident, people: Mapping[str, str]) -> Part:
    lines = [
        (
            _time(each.happened_at),
            each.get_audience_display(),
            each.channel,
            line_said(each.words, people),
            with_name(people, each.by),
        )
        for each in incident.entries.exclude(audience="").order_by("happened_at", "pk")
    ]
    titles = (_("When"), _("To whom"), _("How"), _("What"), _("By"))
    return Part(heading=_("What was told to whom"), titles=titles, lines=lines)


def _reports(incident: Incident) -> Part:
    lines = []
    for clock in incident.clocks.order_by("pk"):
        became = _("not sent")
        if clock.sent_at:
            became = _("sent {at}: {words}").format(at=_time(clock.sent_at), words=clock.sent_words)
        elif clock.waived_at:
            became = _("not reported: {words}").format(words=clock.waived_words)
        lines.append((in_language(clock, "name"), _time(clock.due_at) or _("no day named"), clock.source or "–", became))
    titles = (_("Report"), _("Due"), _("Text"), _("What became of it"))
    return Part(heading=_("Reports and their terms"), titles=titles, lines=lines)


def _measures(incident: Incident, people: Mapping[str, str]) -> Part:
    lines = [
        (
            each.get_code_display(),
            each.words,
            f"{with_name(people, each.planned_by)} {_time(each.planned_at)}",
            f"{with_name(people, each.approved_by)} {_time(each.approved_at)}".strip() or ("" if each.two_people else "–"),
            f"{with_name(people, each.done_by)} {_time(each.done_at)}".strip(),
            _time(each.lifted_at),
        )
        for each in incident.measures.order_by("pk")
    ]
    titles = (_("Measure"), _("What exactly"), _("Planned"), _("Approved"), _("Carried out"), _("Lifted"))
    return Part(heading=_("Containment"), titles=titles, lines=lines)


def _recovery(incident: Incident, people: Mapping[str, str]) -> Part:
    words = {True: _("passed"), False: pgettext("incidents", "failed"), None: _("not done yet")}
    lines = [
        (
            each.get_code_display(),
            each.words,
            words[each.passed],
            each.result,
            f"{with_name(people, each.done_by)} {_time(each.done_at)}".strip(),
        )
        for each in incident.checks.order_by("pk")
    ]
    return Part(heading=_("Recovery"), titles=(_("Check"), _("What exactly"), _("Result"), _("In words"), _("By")), lines=lines)


def _lessons(incident: Incident, people: Mapping[str, str]) -> Part:
    lines = [
        (
            each.words,
            each.get_lesson_kind_display(),
            with_name(people, each.owner_id),
            each.due_on.isoformat(),
            _time(each.done_at) or each.item or _("not done yet"),
        )
        for each in incident.lessons.order_by("pk")
    ]
    sentences = [incident.no_lesson] if incident.no_lesson else []
    titles = (_("Lesson"), _("Becomes"), _("Owner"), _("Due"), _("Done"))
    return Part(heading=_("Lessons"), sentences=sentences, titles=titles, lines=lines)


def _files(incident: Incident) -> Part:
    lines = [(each.name, each.sha256, each.words) for each in incident.files.order_by("pk")]
    return Part(heading=_("Files"), titles=(_("File"), "SHA-256", _("What it shows")), lines=lines)
