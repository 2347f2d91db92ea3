"""The gate: may this transfer, may this order go ahead? Answered with reasons that cite the rule, and never forgotten."""

from sekisho.gate.gate import Gate
from sekisho.gate.messages import Decision, GateConflict, GateDown, GateError, GateUnknown, RequestEventIn

__all__ = ["Decision", "Gate", "GateConflict", "GateDown", "GateError", "GateUnknown", "RequestEventIn"]
