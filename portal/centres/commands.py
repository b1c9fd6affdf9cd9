"""What can be done with centres and their holidays."""

from datetime import date, datetime
from zoneinfo import available_timezones

from babel.numbers import is_currency
from sqlalchemy import BigInteger, column, exists, select, table
from sqlalchemy.orm import Session

from portal.centres.errors import CurrencyInUse
from portal.centres.events import CentreChanged
from portal.centres.models import Centre, Holiday
from portal.core.contact import optional_email, optional_phone
from portal.core.errors import Invalid, NotFound, _
from portal.core.events import publish
from portal.core.permissions import Actor

FACTS = ("name", "city", "address", "phone", "email", "time_zone", "currency")
LONGEST_NAME = 100

# People stand above centres and may not be imported here; who works where is read from this column only.
_clinician_centre = table("clinician_centre", column("centre_id", BigInteger))


def create_centre(
    session: Session,
    *,
    by: Actor,
    name: str,
    city: str,
    address: str = "",
    phone: str | None = None,
    email: str | None = None,
    time_zone: str,
    currency: str,
    at: datetime,
) -> Centre:
    """Make a centre, open for bookings. Zone is an IANA name, currency an ISO 4217 code.

    Raises Invalid and, from `in_transaction`, Duplicate for a name that its city has already.
    """
    centre = Centre(is_active=True, created_at=at)
    _describe(centre, name=name, city=city, address=address, phone=phone, email=email)
    _set_zone_and_currency(centre, time_zone, currency)
    session.add(centre)
    session.flush()
    publish(session, CentreChanged(centre.id, "centre.create", by, at))
    return centre


def edit_centre(
    session: Session,
    centre: Centre,
    *,
    by: Actor,
    name: str,
    city: str,
    address: str,
    phone: str | None,
    email: str | None,
    time_zone: str,
    currency: str,
    at: datetime,
) -> Centre:
    """Replace what is known of a centre. Weekly hours follow a new zone; appointments keep the one they were made in.

    Raises as `create_centre`, and CurrencyInUse where clinicians already charge in the currency.
    """
    before = {fact: getattr(centre, fact) for fact in FACTS}
    _describe(centre, name=name, city=city, address=address, phone=phone, email=email)
    _set_zone_and_currency(centre, time_zone, currency)
    if centre.currency != before["currency"] and _has_clinicians(session, centre):
        raise CurrencyInUse
    session.flush()
    changed = tuple(fact for fact in FACTS if getattr(centre, fact) != before[fact])
    publish(session, CentreChanged(centre.id, "centre.edit", by, at, changed))
    return centre


def set_centre_active(
    session: Session, centre: Centre, *, by: Actor, is_active: bool, at: datetime
) -> Centre:
    """Open a centre for new bookings, or close it for them; existing appointments stay. Safe to repeat."""
    if centre.is_active != is_active:
        centre.is_active = is_active
        action = "centre.switch-on" if is_active else "centre.switch-off"
        publish(session, CentreChanged(centre.id, action, by, at))
    return centre


def delete_centre(session: Session, centre: Centre, *, by: Actor, at: datetime) -> None:
    """Remove a centre; the row stays for the history.

    Looks at no appointments: what is to happen with coming ones has been decided before.
    """
    centre.is_active = False
    centre.deleted_at = at
    publish(session, CentreChanged(centre.id, "centre.delete", by, at))


def add_holiday(
    session: Session, centre: Centre, *, by: Actor, holiday_on: date, name: str, at: datetime
) -> Holiday:
    """Close a centre on a date of its own calendar. Raises Invalid and, from `in_transaction`, Duplicate."""
    if not name.strip():
        raise Invalid(details={"name": _("Give the holiday a name.")})
    holiday = Holiday(centre_id=centre.id, holiday_on=holiday_on, name=name.strip())
    session.add(holiday)
    session.flush()
    publish(session, CentreChanged(centre.id, "centre.add-holiday", by, at, (holiday_on.isoformat(),)))
    return holiday


def remove_holiday(session: Session, centre: Centre, holiday_id: int, *, by: Actor, at: datetime) -> None:
    """Open a centre again on a date; raises NotFound unless the holiday is this centre's."""
    holiday = session.scalar(select(Holiday).where(Holiday.id == holiday_id, Holiday.centre_id == centre.id))
    if holiday is None:
        raise NotFound
    session.delete(holiday)
    publish(
        session, CentreChanged(centre.id, "centre.remove-holiday", by, at, (holiday.holiday_on.isoformat(),))
    )


def _describe(
    centre: Centre, *, name: str, city: str, address: str, phone: str | None, email: str | None
) -> None:
    centre.name, centre.city = _required("name", name), _required("city", city)
    centre.address = address.strip()
    centre.phone, centre.email = optional_phone(phone), optional_email(email)


def _required(field: str, text: str) -> str:
    tidy = " ".join(text.split())
    if not 1 <= len(tidy) <= LONGEST_NAME:
        raise Invalid(details={field: _("Enter 1 to 100 characters.")})
    return tidy


def _set_zone_and_currency(centre: Centre, time_zone: str, currency: str) -> None:
    if time_zone not in available_timezones():
        raise Invalid(details={"time_zone": _("Choose a time zone.")})
    if not is_currency(currency.upper()):
        raise Invalid(details={"currency": _("Choose a currency.")})
    centre.time_zone, centre.currency = time_zone, currency.upper()


def _has_clinicians(session: Session, centre: Centre) -> bool:
    return bool(session.scalar(select(exists().where(_clinician_centre.c.centre_id == centre.id))))
