"""What an import did, or would do."""

from __future__ import annotations

from routing.documents import Count, Document, Flag


class RowFault(Document):
    """A fault in a file: row as a spreadsheet counts it (the header is row 1), column, value and mend."""

    row: Count
    column: str
    value: str
    mend: str

    def sentence(self) -> str:
        """The fault as one line."""
        return f"row {self.row}, {self.column} {self.value!r}: {self.mend}"


class ImportReport(Document):
    """Counts of rows by what became of them, and their faults: the first thousand, and how many in all.

    `written` is false for a dry run or a refused file.
    `id` names a written import, to take it back by.
    """

    id: str | None = None
    file: str
    rows: Count
    created: Count = 0
    updated: Count = 0
    unchanged: Count = 0
    territories_created: tuple[str, ...] = ()
    faults: tuple[RowFault, ...] = ()
    fault_count: Count = 0
    written: Flag = False
