"""A row of the table of faults."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.faults.visitors import Account


@dataclass
class Row:
    """What one fault did.

    Attributes:
        id: of the fault in the list of those that are tried.
        title: what was done.
        account: what became of the visitors' messages.
        false_booked: requests that a visitor was told of and that are not stored, or are stored twice.
        recovery_s: seconds from the end of the fault until visitors are answered again; None where nothing was down.
        notes: what else was seen.
        problems: what should not have been.
    """

    id: str
    title: str
    account: Account = field(default_factory=Account)
    false_booked: int = 0
    recovery_s: float | None = None
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, doubled or falsely told."""
        return not (self.account.lost or self.account.doubled or self.false_booked or self.problems)

    def expect(self, is_so: bool, problem: str) -> None:
        """Note a problem unless something is so."""
        if not is_so:
            self.problems.append(problem)


HEAD = f"{'':4} {'fault':44} {'messages':>8} {'lost':>5} {'doubled':>8} {'false booked':>13} {'recovery':>9}  "


def line(row: Row) -> str:
    """The row as it is printed."""
    account = row.account
    recovery = "" if row.recovery_s is None else f"{row.recovery_s:.1f} s"
    told = "; ".join([*row.notes, *(f"WRONG: {problem}" for problem in row.problems)])
    return (
        f"{row.id:4} {row.title:44} {account.acknowledged:8} {account.lost:5} {account.doubled:8} "
        f"{row.false_booked:13} {recovery:>9}  {told}"
    )


def total(rows: list[Row]) -> str:
    """The sums."""
    whole = Account()
    for row in rows:
        whole.add(row.account)
    false_booked = sum(row.false_booked for row in rows)
    return (
        f"{'':4} {'all':44} {whole.acknowledged:8} {whole.lost:5} {whole.doubled:8} {false_booked:13}  "
        f"{'':8}{sum(not row.is_good for row in rows)} of {len(rows)} rows not as they should be"
    )
