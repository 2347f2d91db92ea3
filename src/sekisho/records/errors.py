"""What is said when records cannot be used: one line that names file, row, column and remedy."""

from __future__ import annotations


class RecordsError(ValueError):
    """Records are unusable. The message is one line: what is wrong, where, and what to do about it."""

    def __init__(self, file: str, problem: str, remedy: str = "", *, row: int | None = None, column: str | None = None) -> None:
        self.file = file
        self.problem = problem
        self.remedy = remedy
        self.row = row
        self.column = column
        super().__init__(file, problem, remedy, row, column)

    def __str__(self) -> str:
        place = [one_line(self.file)]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column is not None:
            place.append(f"column '{one_line(self.column)}'")
        told = f"{', '.join(place)}: {one_line(self.problem)}"
        return f"{told}; {one_line(self.remedy)}" if self.remedy else told


class TableMissing(LookupError):  # noqa: N818 - a table that is not there is an answer, not a failure
    """A rule asked for a table the records folder does not hold; the rule is then reported as not inspected."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(f"no table '{table}' among these records")


def one_line(text: str) -> str:
    """Text that fits on one line of a terminal: control characters replaced, long text cut."""
    longest = 300
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return printable if len(printable) <= longest else f"{printable[:longest]}…"
