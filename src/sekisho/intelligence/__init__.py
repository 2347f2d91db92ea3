"""Lists and threat intelligence: what the gate screens against, and what is exchanged with an information-sharing organisation."""
