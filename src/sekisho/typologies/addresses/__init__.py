"""Addresses that look like one a client knows: how much alike, how likely by chance, and the book they are looked up in."""

from sekisho.typologies.addresses.book import AddressBook, Resemblance

__all__ = ["AddressBook", "Resemblance"]
