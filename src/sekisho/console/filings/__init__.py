"""Filings: drafts for the authorities, checked, reviewed and filed by different people."""
