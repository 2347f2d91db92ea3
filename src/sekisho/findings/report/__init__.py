"""The report: one page that shows what was found, by which law, and the records that prove it."""

from sekisho.findings.report.card import Consequence, ParameterInForce, Provision, RuleCard
from sekisho.findings.report.change import render_comparison
from sekisho.findings.report.page import render_report
from sekisho.rulebook.texts import Text

__all__ = ["Consequence", "ParameterInForce", "Provision", "RuleCard", "Text", "render_comparison", "render_report"]
