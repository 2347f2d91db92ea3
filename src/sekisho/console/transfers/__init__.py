"""Transfers the gate holds, and what people decide about them."""
