"""What can be brought in: for each kind its columns, an example, and how its lines are checked and written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.imports import clinicians, hours, patients
from portal.imports.columns import Column, Entry, Setting
from portal.imports.models import Kind


@dataclass(frozen=True)
class Importer:
    """`check` leaves problems at entries, `write` gets those that are new; both take all lines together."""

    columns: Sequence[Column]
    example: Sequence[Mapping[str, str]]
    check: Callable[[Session, Sequence[Entry], Setting], None]
    write: Callable[..., None]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def needed(self) -> list[str]:
        return [column.name for column in self.columns if column.is_needed]


IMPORTERS: Mapping[Kind, Importer] = {
    Kind.CLINICIANS: Importer(clinicians.COLUMNS, clinicians.EXAMPLE, clinicians.check, clinicians.write),
    Kind.HOURS: Importer(hours.COLUMNS, hours.EXAMPLE, hours.check, hours.write),
    Kind.PATIENTS: Importer(patients.COLUMNS, patients.EXAMPLE, patients.check, patients.write),
}
