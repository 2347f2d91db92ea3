"""Cases: what was found, who is concerned, what happened, and what people decided about it."""
