"""The state of client assets on a day: what is owed, what is there, in which wallets, and what is short until when."""
