"""The rulebook: text, source and dated values of every rule, and what differs between regimes."""
