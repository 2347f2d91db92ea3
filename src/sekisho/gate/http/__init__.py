"""The gate over HTTP: who may ask, what is asked in which words, and what comes back."""
