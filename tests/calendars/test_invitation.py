"""A visit is the same instant in every calendar, and nothing that somebody typed changes a file."""

from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment, SessionType, Status
from portal.calendars.invitation import feed, invite_attachment
from portal.calendars.wording import Recipient, initials, one_line
from portal.core import clock
from portal.core.permissions import Role
from portal.settings import LateCancellation
from tests.calendars.conftest import ReadByIcalJs
from tests.calendars.visits import ORGANISER, a_visit, invited, parsed
from tests.conftest import NOW
from tests.factories import a_clinician, an_actor, an_appointment, key_for, wall
from tests.scheduling.transitions import CHANGING, changes

HALF_AN_HOUR = timedelta(minutes=30)
INJECTIONS = [
    "Ana\r\nBEGIN:VEVENT\r\nSUMMARY:Free money\r\nEND:VEVENT",
    "Ana\nATTENDEE:mailto:mallory@example.org",
    'Ana";X-EVIL="1',
    'Ana":mailto:mallory@example.org',
    "Ana\\nMETHOD:CANCEL",
    "Ana\\N^nURL:javascript:alert(1)",
    "Ana, Maria; Silva: ^'quoted^^'",
    "Ana\u2028BEGIN:VALARM\x85\x0b\x0c\x00END",
    "Zoë 👩‍👩‍👧‍👦 " * 40,
    "é" * 300,
]
LINES = {
    *(
        "UID",
        "SEQUENCE",
        "DTSTAMP",
        "LAST-MODIFIED",
        "DTSTART",
        "DTEND",
        "SUMMARY",
        "LOCATION",
        "DESCRIPTION",
    ),
    *("URL", "STATUS", "CLASS", "TRANSP", "ORGANIZER", "ATTENDEE"),
}


def iso(instant: datetime) -> str:
    return clock.in_utc(instant).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def around_the_changes() -> list[Appointment]:
    """Visits of half an hour, from three hours before each change of the clocks until three hours after; and others."""
    found = [
        a_visit(change.at + HALF_AN_HOUR * n, name)
        for name in CHANGING
        for change in changes(name)
        for n in (-60, *range(-6, 7), 60)
    ]
    return [
        *found,
        *(a_visit(NOW + timedelta(days=n), "Asia/Kolkata") for n in (0, 200)),
        a_visit(NOW, "UTC"),
    ]


def test_two_libraries_read_the_same_instants_around_every_change_of_the_clocks(
    read_by_ical_js: ReadByIcalJs,
) -> None:
    visits = {str(visit.uid): visit for visit in around_the_changes()}
    files = {uid: invited(visit) for uid, visit in visits.items()}
    files["feed"] = feed(
        [(visit, Recipient.PATIENT) for visit in visits.values()], calendar_name="Bookable", **ORGANISER
    )
    by_js = read_by_ical_js(files)
    assert len(by_js["feed"]["events"]) == len(visits) > 200
    in_feed = {event["uid"]: event for event in by_js["feed"]["events"]}
    for uid, visit in visits.items():
        expected = iso(visit.starts_at), iso(visit.ends_at)
        told = f"{visit.time_zone} {visit.starts_at}"
        (event,) = parsed(files[uid]).events
        assert (iso(event.start), iso(event.end)) == expected, told
        for seen in (*by_js[uid]["events"], in_feed[uid]):
            assert (seen["start"], seen["end"]) == expected, told


def test_a_time_that_the_clocks_show_twice_is_told_in_utc_and_any_other_in_its_zone() -> None:
    twice = wall("2026-10-25 01:30")
    for starts_at in (twice, twice + timedelta(hours=1)):
        (event,) = parsed(invited(a_visit(starts_at))).events
        assert "TZID" not in event["DTSTART"].params
        assert b"Z" in event["DTSTART"].to_ical()
    once = parsed(invited(a_visit(twice + timedelta(hours=2)))).events[0]
    assert once["DTSTART"].params["TZID"] == "Europe/London"
    assert b"BEGIN:VTIMEZONE" not in invited(a_visit(twice)), "nothing names the zone"


def test_a_zone_is_defined_by_the_changes_around_the_visit_alone() -> None:
    (zone,) = parsed(invited(a_visit(NOW))).timezones
    assert zone.tz_name == "Europe/London"
    onsets = [(part.name, part["DTSTART"].dt.isoformat()) for part in zone.subcomponents]
    assert onsets == [("DAYLIGHT", "2025-03-30T01:00:00"), ("STANDARD", "2025-10-26T02:00:00")]


def test_moving_and_cancelling_change_the_same_entry(session: Session, read_by_ical_js: ReadByIcalJs) -> None:
    clinician = a_clinician(session)
    visit = an_appointment(session, clinician=clinician, starts_at=wall("2026-03-27 10:00"))
    by = an_actor(session, Role.PATIENT, patient=visit.patient)
    files = {"booked": _mailed(visit)}
    moved = key_for(session, clinician, wall("2026-03-30 10:00"))
    commands.reschedule(session, visit, moved, by=by, at=NOW + timedelta(minutes=1))
    files["moved"] = _mailed(visit)
    commands.cancel(session, visit, by=by, at=NOW + timedelta(minutes=2), late=LateCancellation.NO_REFUND)
    files["cancelled"] = _mailed(visit)
    read = read_by_ical_js(files)
    events = [read[name]["events"][0] for name in files]
    assert [read[name]["method"] for name in files] == ["REQUEST", "REQUEST", "CANCEL"]
    assert {event["uid"] for event in events} == {str(visit.uid)}
    assert events[0]["sequence"] < events[1]["sequence"] < events[2]["sequence"]
    assert [event["status"] for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [event["start"][:16] for event in events] == [
        "2026-03-27T10:00",
        "2026-03-30T09:00",
        "2026-03-30T09:00",
    ], "the clocks go forward in between"
    stamps = [parsed(content).events[0].stamp for content in files.values()]
    assert stamps == sorted(set(stamps))
    for name, content in files.items():
        assert parsed(content).get("METHOD") == read[name]["method"]


def _mailed(visit: Appointment) -> bytes:
    file = invite_attachment(visit, to_clinician=False, attendee_email="ana@example.org", **ORGANISER)
    assert file.mime_type == "text/calendar"
    assert f"METHOD:{file.method}\r\n".encode() in file.content
    return file.content


def test_the_patient_reads_with_whom_and_where_and_the_clinician_initials() -> None:
    visit = a_visit(NOW, patient="Ana Maria Silva")
    (to_patient,) = parsed(invited(visit)).events
    assert str(to_patient["SUMMARY"]) == "Appointment with Dr Jane Smith"
    assert str(to_patient["LOCATION"]) == "Riverside, 1 Mill Lane, Leeds"
    assert str(to_patient["URL"]) == "https://visits.example.org/patient/appointments/7"
    assert to_patient["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    content = invited(visit, Recipient.CLINICIAN, attendee_email="jane@example.org")
    (to_clinician,) = parsed(content).events
    assert str(to_clinician["SUMMARY"]) == "Appointment (AS)"
    assert str(to_clinician["URL"]) == "https://visits.example.org/appointments/7"
    assert "Silva" not in content.decode()
    for text in (content.decode(), invited(visit).decode()):
        assert "rash" not in text
        assert "May" not in text


def test_a_download_names_nobody_and_a_request_is_tentative() -> None:
    asked = a_visit(NOW, status=Status.PENDING, waiting_for="ACCEPTANCE", session_type=SessionType.ONLINE)
    calendar = parsed(invited(asked, attendee_email=None))
    assert calendar["METHOD"] == "PUBLISH"
    assert "ATTENDEE" not in calendar.events[0]
    assert calendar.events[0]["STATUS"] == "TENTATIVE"
    assert str(calendar.events[0]["LOCATION"]) == "Online"
    cancelled = a_visit(NOW, status=Status.CANCELLED)
    assert parsed(invited(cancelled, attendee_email=None))["METHOD"] == "CANCEL"
    mailed = parsed(invited(asked, Recipient.CLINICIAN)).events[0]
    assert mailed["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION", "the clinician has yet to accept"


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=300), is_patient=st.booleans())
@example(text=INJECTIONS[0], is_patient=True)
@example(text=INJECTIONS[2], is_patient=False)
@settings(max_examples=50)
def test_nothing_that_somebody_typed_adds_a_line(text: str, is_patient: bool) -> None:
    recipient = Recipient.PATIENT if is_patient else Recipient.CLINICIAN
    content = _with(text, recipient)
    _check_lines(content)
    (event,) = parsed(content).events
    assert set(event) == LINES
    if is_patient:
        assert str(event["SUMMARY"]) == f"Appointment with {one_line('Dr ' + text)}"


def test_both_libraries_read_an_injection_as_words(read_by_ical_js: ReadByIcalJs) -> None:
    files = {text: _with(text, Recipient.PATIENT) for text in INJECTIONS}
    for text, read in read_by_ical_js(files).items():
        (event,) = read["events"]
        _check_lines(files[text])
        assert read["method"] == "REQUEST"
        assert event["summary"] == f"Appointment with {one_line('Dr ' + text)}"
        assert event["organiser"] == one_line(text)
        ((address, name),) = event["attendees"]
        assert name == one_line(text)
        assert address == "mailto:ana%0D%0AX-EVIL%3A1@example.org"


def _with(text: str, recipient: Recipient) -> bytes:
    """A file with that text wherever somebody may type one."""
    visit = a_visit(NOW, clinician=text, patient=text, place=text, address=text)
    return invited(visit, recipient, organiser_name=text, attendee_email="ana\r\nX-EVIL:1@example.org")


def _check_lines(content: bytes) -> None:
    """RFC 5545, 3.1: lines end with CR LF, and none is longer than 75 octets."""
    assert content.endswith(b"END:VCALENDAR\r\n")
    lines = content.split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 75
    assert content.count(b"\r\nBEGIN:VEVENT") == 1
    assert not any(line.startswith((b"X-EVIL", b"BEGIN:VALARM")) for line in lines)


def test_initials_are_those_of_the_first_and_the_last_name() -> None:
    names = ["Ana Maria Silva", "Cher", "élodie o'neill", "😀 Ana", "7", ""]
    assert [initials(name) for name in names] == ["AS", "C", "ÉO", "A", "", ""]
