"""One module per source format. A module here is found by its place; nothing else lists it."""
