"""`python -m assistant doctor`: looks at everything that may be wrong with an installation; no line holds a secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from assistant.operations import machine_checks, store_checks
from assistant.operations.problems import Problem

_CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("settings", machine_checks.settings),
    ("file modes", machine_checks.file_modes),  # first: whoever reads a key closes it to others
    ("keys", machine_checks.keys),
    ("disk", machine_checks.disk),
    ("model", machine_checks.model),
    ("sentence encoder", machine_checks.encoder),
    ("database", store_checks.databases),
    ("keys fit the data", store_checks.keys_fit),
    ("clock", store_checks.clock),
    ("inbox", store_checks.inbox),
    ("outbox", store_checks.outbox),
    ("spool", store_checks.spool),
    ("dangers", store_checks.dangers),
    ("helplines", machine_checks.helplines),
)


@dataclass(frozen=True)
class Finding:
    """What one check has found."""

    what: str
    is_well: bool
    told: str


def examine() -> Iterator[Finding]:
    """Look at one thing after the other; a check that fails does not keep the others from being made."""
    for what, check in _CHECKS:
        try:
            yield Finding(what, True, check())
        except Problem as problem:
            yield Finding(what, False, str(problem))
        except SQLAlchemyError as error:  # its text names the server and may name the user
            yield Finding(what, False, f"the database does not answer ({type(error).__name__})")
        except Exception as error:  # its text may hold anything
            yield Finding(what, False, f"could not be looked at ({type(error).__name__})")
