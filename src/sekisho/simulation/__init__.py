"""Simulation: a whole exchange in the records format, with planted misconduct, look-alikes and the answer key."""

from sekisho.simulation.exchange import Simulated, simulate
from sekisho.simulation.options import Options

__all__ = ["Options", "Simulated", "simulate"]
