"""Shapes of misconduct and the arithmetic of amounts, reusable under any law: no law, no thresholds."""
