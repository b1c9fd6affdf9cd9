"""In which ways a patient may pay for a visit, and whether before it is booked: one answer for both doors."""

from dataclasses import dataclass

from portal.appointments.models import Appointment
from portal.core.permissions import Actor
from portal.payments.errors import PaymentNeeded
from portal.payments.practice import Practice
from portal.settings import OnlinePayment


@dataclass(frozen=True)
class Ways:
    """`online`: on a page of a provider's, now. `later`: at the centre, or whenever the practice asks for it."""

    online: bool
    later: bool


def ways_to_pay(practice: Practice, appointment: Appointment, *, by: Actor) -> Ways:
    """How that visit can be paid for. Staff always book without, and what cannot be paid now is paid later."""
    is_taken = practice.online_payment is not OnlinePayment.OFF and practice.can_take(appointment.currency)
    online = is_taken and appointment.fee_minor > 0
    return Ways(online, later=not (online and is_asked_first(practice, by)))


def is_asked_first(practice: Practice, by: Actor) -> bool:
    """Does the practice want this actor to pay before a time is booked, where that is possible?"""
    return practice.online_payment is OnlinePayment.REQUIRED and not by.is_staff


def check_may_pay_later(practice: Practice, appointment: Appointment, *, by: Actor) -> None:
    """Raises PaymentNeeded where a time is booked by paying for it."""
    if not ways_to_pay(practice, appointment, by=by).later:
        raise PaymentNeeded
