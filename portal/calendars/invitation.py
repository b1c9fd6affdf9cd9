"""Appointments as calendar files (RFC 5545, 5546): one as an invitation, many as a feed.

UID is the appointment's for life, SEQUENCE its version, so that programs move and remove what they have.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import NamedTuple
from urllib.parse import quote

from icalendar import Calendar, Event, vCalAddress, vDuration

from portal.appointments.models import Appointment, Status
from portal.calendars import zones
from portal.calendars.wording import Recipient, Translate, location, one_line, summary
from portal.core import clock

PRODUCT = "-//Bookable//Appointments//EN"
MIME_TYPE = "text/calendar"
FILE_NAME = "appointment.ics"
REFRESH_EVERY = timedelta(hours=1)
PAGES = {Recipient.PATIENT: "/patient/appointments/", Recipient.CLINICIAN: "/appointments/"}


class CalendarFile(NamedTuple):
    """A file as a mail carries it; `method` is that of RFC 5546."""

    name: str
    mime_type: str
    content: bytes
    method: str


@dataclass(frozen=True)
class _Practice:
    """Who invites, and where its pages are (without a slash at the end)."""

    name: str
    email: str
    public_url: str
    translate: Translate


def invitation(
    appointment: Appointment,
    *,
    recipient: Recipient,
    organiser_name: str,
    organiser_email: str,
    attendee_email: str | None,
    public_url: str,
    href: str | None = None,
    translate: Translate = str,
) -> bytes:
    """The file of one appointment. `public_url` has no slash at its end; `href` is its page, if not the usual one.

    With the email address of whom it goes to it is a REQUEST, or a CANCEL for a cancelled appointment; without one,
    for a download, it is a PUBLISH or a CANCEL that names nobody.
    """
    practice = _Practice(organiser_name, organiser_email, public_url, translate)
    event = _event(appointment, recipient, practice, href)
    if attendee_email is not None:
        event.add("ATTENDEE", _attendee(appointment, recipient, attendee_email), encode=False)
    method = method_of(appointment, is_addressed=attendee_email is not None)
    return _file(method, [(appointment, event)])


def invite_attachment(
    appointment: Appointment,
    *,
    to_clinician: bool,
    attendee_email: str,
    organiser_name: str,
    organiser_email: str,
    public_url: str,
    href: str | None = None,
    translate: Translate = str,
) -> CalendarFile:
    """The invitation to an appointment as it stands now, or its cancellation, for a mail to that address."""
    content = invitation(
        appointment,
        recipient=Recipient.CLINICIAN if to_clinician else Recipient.PATIENT,
        organiser_name=organiser_name,
        organiser_email=organiser_email,
        attendee_email=attendee_email,
        public_url=public_url,
        href=href,
        translate=translate,
    )
    return CalendarFile(FILE_NAME, MIME_TYPE, content, method_of(appointment, is_addressed=True))


def method_of(appointment: Appointment, *, is_addressed: bool) -> str:
    """REQUEST, CANCEL or PUBLISH: what the file asks of the program that opens it."""
    if appointment.status == Status.CANCELLED:
        return "CANCEL"
    return "REQUEST" if is_addressed else "PUBLISH"


def feed(
    entries: Iterable[tuple[Appointment, Recipient]],
    *,
    calendar_name: str,
    organiser_name: str,
    organiser_email: str,
    public_url: str,
    translate: Translate = str,
) -> bytes:
    """The file behind the address that calendar programs read again and again; each visit as its recipient sees it."""
    practice = _Practice(organiser_name, organiser_email, public_url, translate)
    events = [(appointment, _event(appointment, who, practice)) for appointment, who in entries]
    return _file("PUBLISH", events, calendar_name=one_line(calendar_name))


def _file(
    method: str, events: Sequence[tuple[Appointment, Event]], *, calendar_name: str | None = None
) -> bytes:
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", method)
    if calendar_name is not None:
        calendar.add("NAME", calendar_name)
        calendar.add("X-WR-CALNAME", calendar_name)
        calendar.add("REFRESH-INTERVAL", REFRESH_EVERY, parameters={"VALUE": "DURATION"})
        calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH_EVERY), encode=False)
    for name, (first, last) in _zones_of(events).items():
        calendar.add_component(zones.definition(clock.zone(name), first, last))
    for _appointment, event in events:
        calendar.add_component(event)
    content: bytes = calendar.to_ical(sorted=False)
    return content


def _zones_of(events: Iterable[tuple[Appointment, Event]]) -> dict[str, tuple[datetime, datetime]]:
    """The zones that the events name, each with the first and the last instant at which it must be right."""
    spans: dict[str, tuple[datetime, datetime]] = {}
    for appointment, event in events:
        if "TZID" in event["DTSTART"].params:
            first, last = spans.get(appointment.time_zone, (appointment.starts_at, appointment.ends_at))
            spans[appointment.time_zone] = min(first, appointment.starts_at), max(last, appointment.ends_at)
    return spans


def _event(
    appointment: Appointment, recipient: Recipient, practice: _Practice, href: str | None = None
) -> Event:
    is_cancelled = appointment.status == Status.CANCELLED
    starts, ends = _span(appointment)
    href = href or f"{practice.public_url}{PAGES[recipient]}{appointment.id}"
    changed_at = clock.in_utc(appointment.updated_at)
    event = Event()
    event.add("UID", str(appointment.uid))
    event.add("SEQUENCE", appointment.version)
    event.add("DTSTAMP", changed_at)
    event.add("LAST-MODIFIED", changed_at)
    event.add("DTSTART", starts)
    event.add("DTEND", ends)
    event.add("SUMMARY", summary(appointment, recipient, practice.translate))
    event.add("LOCATION", location(appointment, practice.translate))
    event.add("DESCRIPTION", href)
    event.add("URL", href)
    event.add("STATUS", _status(appointment))
    event.add("CLASS", "PRIVATE")
    event.add("TRANSP", "TRANSPARENT" if is_cancelled else "OPAQUE")
    event.add("ORGANIZER", _address(practice.email, practice.name), encode=False)
    return event


def _span(appointment: Appointment) -> tuple[datetime, datetime]:
    """Start and end in the visit's own zone, so that it moves along if the zone's rules change.

    In UTC where the clocks show either of them twice that day: TZID can only mean the first of the two, and not all
    programs agree even on that.
    """
    instants = appointment.starts_at, appointment.ends_at
    starts, ends = (clock.local(instant, appointment.zone) for instant in instants)
    if clock.is_repeated(starts) or clock.is_repeated(ends):
        starts, ends = map(clock.in_utc, instants)
    return starts, ends


def _status(appointment: Appointment) -> str:
    """A request is tentative until it is accepted; what took place, or was missed, keeps its place in a calendar."""
    return {Status.PENDING: "TENTATIVE", Status.CANCELLED: "CANCELLED"}.get(
        Status(appointment.status), "CONFIRMED"
    )


def _attendee(appointment: Appointment, recipient: Recipient, email: str) -> vCalAddress:
    """Whoever booked has said yes with it; nobody reads replies, so none is asked for."""
    is_patient = recipient is Recipient.PATIENT
    person = appointment.patient if is_patient else appointment.clinician
    address = _address(email, person.full_name if person else "")
    is_open = not is_patient and appointment.status == Status.PENDING
    address.params["PARTSTAT"] = "NEEDS-ACTION" if is_open else "ACCEPTED"
    address.params["CUTYPE"] = "INDIVIDUAL"
    address.params["ROLE"] = "REQ-PARTICIPANT"
    address.params["RSVP"] = "FALSE"
    return address


def _address(email: str, name: str) -> vCalAddress:
    """`email` may have a name before it, as in a mail. What is unusual is encoded: no line break gets through."""
    bare = parseaddr(email)[1] if email.endswith(">") else email
    address = vCalAddress(f"mailto:{quote(bare, safe='@+')}")
    if cn := one_line(name):
        address.params["CN"] = cn
    return address
