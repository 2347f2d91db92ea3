"""Proof of liabilities: a tree over client balances that each client can check, beside the assets that stand against it."""
