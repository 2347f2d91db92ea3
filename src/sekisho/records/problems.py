"""What is wrong with records, row by row: where, which value, why, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.records.errors import RecordsError, one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault in the records.

    ``row`` counts the rows of ``file`` from 1 (the header of a CSV is not counted) and is null when the whole file is
    concerned. ``kind`` names the sort of fault, and ``total`` says how many such faults the file's column has, of
    which only the first are listed.
    """

    file: str
    kind: str
    problem: str
    remedy: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    total: int = 1

    def error(self) -> RecordsError:
        """The problem as the one line that stops an inspection."""
        told = self.problem if self.value is None else f"'{shortened(self.value)}' {self.problem}"
        more = f" (and {self.total - 1} more rows)" if self.total > 1 else ""
        return RecordsError(self.file, told + more, self.remedy, row=self.row, column=self.column)


def problem_of(error: RecordsError, kind: str) -> Problem:
    """The fault an error tells of."""
    return Problem(file=error.file, kind=kind, problem=error.problem, remedy=error.remedy, row=error.row, column=error.column)


def shortened(value: str) -> str:
    """A value as messages show it: on one line and not too long."""
    longest = 60
    return one_line(value if len(value) <= longest else f"{value[:longest]}…")
