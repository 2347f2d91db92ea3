"""Addresses of crypto-assets: read as people write them, checked, and brought to one form."""

from sekisho.records.addresses.reading import Address, AddressError, read_address

__all__ = ["Address", "AddressError", "read_address"]
