"""Planned conduct in the market: what is planted, and what only looks like it."""
