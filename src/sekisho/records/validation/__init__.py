"""Validation: every fault of a records folder, value by value and table against table."""

from sekisho.records.validation.folder_check import validate_folder

__all__ = ["validate_folder"]
