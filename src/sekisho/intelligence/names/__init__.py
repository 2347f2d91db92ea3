"""Scam names: a score for addresses nobody has listed yet, by rules that come along or by a model a firm fits to its own lists."""
