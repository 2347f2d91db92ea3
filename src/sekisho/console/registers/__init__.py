"""Information and insiders: facts, who knows since when, publications, restricted lists, pre-clearance."""
