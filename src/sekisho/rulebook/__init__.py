"""The rulebook: what the law says on a given day, read from the rule folders and nothing else."""

from sekisho.rulebook.loader import Rulebook, load_rulebook
from sekisho.rulebook.parameters import Parameter, Parameters, Undetermined
from sekisho.rulebook.regimes import Regime, Regimes
from sekisho.rulebook.rule import Holding, Rule
from sekisho.rulebook.strict_yaml import RulebookError

__all__ = [
    "Holding",
    "Parameter",
    "Parameters",
    "Regime",
    "Regimes",
    "Rule",
    "Rulebook",
    "RulebookError",
    "Undetermined",
    "load_rulebook",
]
