"""People: who they are, which accounts are theirs, what they may do, and what they must keep out of."""
