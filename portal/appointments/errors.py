"""Why an appointment cannot be what somebody wants it to be."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from portal.core.db import refuses
from portal.core.errors import Invalid, NotFound, PortalError, _
from portal.scheduling.rules import Refusal

if TYPE_CHECKING:
    from portal.appointments.models import Appointment
    from portal.appointments.slots import Slot


class SlotTaken(PortalError):
    """Somebody else has the time, or the rules do not offer it. `alternatives` are other times, nearest first.

    `rules` are all that is in the way of staff, who may be able to override them.
    """

    code = "SLOT_UNAVAILABLE"
    message = _("Someone has just taken that time. Please choose another.")

    def __init__(
        self,
        message: str | None = None,
        *,
        alternatives: Sequence["Slot"] = (),
        refusal: Refusal | None = None,
        rules: Sequence[Refusal] = (),
    ) -> None:
        super().__init__(message)
        self.alternatives = list(alternatives)
        self.refusal = refusal
        self.rules = list(rules)


NOT_OFFERED = {
    Refusal.PAST: _("That time has already passed."),
    Refusal.TOO_SOON: _("That time is too soon: this clinician needs more notice."),
    Refusal.TOO_FAR: _("That time is too far ahead to be booked yet."),
    Refusal.HOLIDAY: _("The centre is closed on that day."),
    Refusal.LEAVE: _("The clinician is away at that time."),
    Refusal.OUTSIDE_HOURS: _("The clinician does not work at that time."),
    Refusal.NOT_ON_GRID: _("Visits do not start at that time of day."),
    Refusal.TAKEN: SlotTaken.message,
    Refusal.ENGAGED: _("You already have an appointment at that time."),
}
"""What each refusal says. The code is SLOT_UNAVAILABLE for all: the time cannot be had."""


THEY_ARE_ENGAGED = _("The patient already has an appointment at that time.")


class TooSoonOrTooFar(SlotTaken):
    """The time breaks the notice or the horizon; the documented code for that is another one."""

    status = Invalid.status
    code = Invalid.code


class BookingExpired(PortalError):
    code = "BOOKING_EXPIRED"
    message = _("We could not hold that time any longer. Please choose a time again.")


class InvalidStateTransition(PortalError):
    code = "INVALID_STATE_TRANSITION"
    message = _("The appointment has changed in the meantime, so that is no longer possible.")


class CancellationNotAllowed(PortalError):
    code = "CANCELLATION_NOT_ALLOWED"
    message = _("It is too late to cancel online. Please call the centre.")


class TooLateToReschedule(PortalError):
    code = "CANCELLATION_NOT_ALLOWED"
    message = _("It is too late to move this appointment online. Please call the centre.")


class NotBookable(PortalError):
    code = "SLOT_UNAVAILABLE"
    message = _("This clinician does not take bookings for that at the moment.")


class WouldStrand(PortalError):
    """The change would leave these appointments without working hours; it needs to be said yes to."""

    message = _("Appointments are booked in that time: %(count)s.")

    def __init__(self, appointments: Sequence["Appointment"]):
        super().__init__(count=len(appointments))
        self.appointments = list(appointments)


class AskedToday(PortalError):
    message = _("The patient has been asked today already.")


class SeriesNotFree(SlotTaken):
    """Nothing of the series is booked: the visits of these numbers cannot be had as they are."""

    message = _("Not all of these times are free any more. Nothing was booked: please look at them again.")

    def __init__(self, numbers: Sequence[int]):
        super().__init__()
        self.numbers = list(numbers)
        self.details = {"visits": ", ".join(map(str, numbers))}


class CannotMerge(PortalError):
    message = _("These two records cannot be merged this way round. Try keeping the other one.")


class OverlappingVisits(PortalError):
    """One person cannot be at both: one of these appointments has to move or be cancelled first."""

    message = _("Both records have an appointment at the same time. Move or cancel one of them first.")

    def __init__(self, appointments: Sequence["Appointment"]):
        super().__init__(details={"appointmentIds": ", ".join(str(one.id) for one in appointments)})
        self.appointments = list(appointments)


class CareIsNeeded(PortalError):
    message = _("%(name)s has appointments to come. Cancel them first, or wait until they are over.")


class TooEarly(PortalError):
    """`starts_at` is when it becomes possible."""

    code = "INVALID_STATE_TRANSITION"
    message = _("That is possible only once the appointment has begun.")

    def __init__(self, starts_at: datetime):
        super().__init__()
        self.starts_at = starts_at


class LinkIsOver(NotFound):
    """A signed link that never was one of ours, or is not any more; which of them, nobody is told."""

    message = _(
        "This link does not lead to an appointment any more. Please use the link in our latest message, sign in, "
        "or call the centre."
    )


refuses("ex_occupancy_no_overlap", SlotTaken)
