"""What Sekisho measures of itself; each module is one command that prints a table."""
