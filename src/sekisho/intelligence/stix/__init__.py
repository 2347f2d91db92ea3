"""STIX 2.1: what an information-sharing organisation sends and takes, checked against the text of the specification."""
