"""What stands on the day board, as it was read: how it looks is asked only where it is drawn, which is once."""

from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext

from portal.appointments.slots import Slot
from portal.payments.queries import Standing
from portal.web import labels
from portal.web.money_labels import standing_label
from portal.web.visits import Visit


class Booked(NamedTuple):
    """A visit, or a time that is held. `flag` is what is to be noticed, `acts` what may be done at one press; both as
    of now. `under` is the address of all visits."""

    visit: Visit
    flag: str
    acts: str
    under: str

    @property
    def kind(self) -> str:
        return "appointment"

    @property
    def starts_at(self) -> datetime:
        return self.visit.starts_at

    @property
    def ends_at(self) -> datetime:
        return self.visit.ends_at

    @property
    def title(self) -> str:
        return self.visit.patient_name or str(gettext("On hold"))

    @property
    def note(self) -> str:
        visit, standing = self.visit, self.visit.standing
        if visit.is_hold or standing is Standing.FREE:
            return visit.service_title
        return f"{visit.service_title}, {standing_label(standing)}"

    @property
    def href(self) -> str | None:
        return None if self.visit.is_hold else f"{self.under}{self.visit.id}"

    @property
    def look(self) -> str:
        visit = self.visit
        return labels.look(visit.status, visit.waiting_for, visit.arrived_at, visit.started_at)

    @property
    def attributes(self) -> tuple[tuple[str, str], ...]:
        block = (("id", f"block-{self.visit.id}"),)
        return block if self.visit.is_hold else (*block, ("data-acts", self.acts))


class Free(NamedTuple):
    """A free time, shown until the next one begins. `under` is the address of bookings, less the slot's id."""

    slot: Slot
    ends_at: datetime
    under: str

    @property
    def kind(self) -> str:
        return "free"

    @property
    def starts_at(self) -> datetime:
        return self.slot.starts_at

    @property
    def href(self) -> str:
        return f"{self.under}{self.slot.id}"

    @property
    def attributes(self) -> tuple[tuple[str, str], ...]:
        return (("id", f"free-{self.slot.id}"),)
