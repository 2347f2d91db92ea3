"""Sekisho (関所): Japan's framework for crypto-asset markets, as rules that run."""

__version__ = "0.1.0"
