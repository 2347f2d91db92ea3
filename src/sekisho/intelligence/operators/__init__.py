"""Operators: whether a name, an address or a text is that of a registered operator, a warned one, or neither."""
