"""What the clinic says about itself (`clinic.yml`): the one source of phone, address, hours, prices and links."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import yaml

from assistant.settings import PROJECT_DIR


class ClinicError(ValueError):
    """`clinic.yml` holds an entry that nothing reads, or one that is not a text."""


@dataclass(frozen=True)
class Clinic:
    """The clinic's own texts; an empty one means that the assistant has to say that it does not know."""

    name: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    hours: str = ""
    prices: str = ""
    insurance: str = ""
    refunds: str = ""
    booking_link: str = ""
    privacy_notice: str = ""

    @classmethod
    def load(cls, path: Path = PROJECT_DIR / "clinic.yml") -> Clinic:
        """Read the clinic's texts.

        Raises: ClinicError for an unknown entry or a value that is not a text.
        """
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        unknown = sorted(set(entries) - {field.name for field in fields(cls)})
        if unknown:
            raise ClinicError(f"{path.name}: unknown entries: {', '.join(unknown)}")
        wrong = sorted(name for name, value in entries.items() if value is not None and not isinstance(value, str))
        if wrong:
            raise ClinicError(f"{path.name}: write these as quoted texts: {', '.join(wrong)}")
        return cls(**{name: (value or "").strip() for name, value in entries.items()})

    def filled(self) -> dict[str, str]:
        """The entries that the clinic has filled in."""
        return {name: value for name, value in asdict(self).items() if value}
