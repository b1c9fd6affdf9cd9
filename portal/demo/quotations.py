"""Two quotations that a clinician is writing, so that there is one to send."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.demo.people import DEMO_PATIENT
from portal.demo.practice import Practice
from portal.demo.talks import CLINICIAN
from portal.payments import quoting
from portal.payments.quotes import Item
from portal.people.models import Patient
from portal.scheduling.queries import services_of

COURSE = (Item("First assessment, 60 minutes", 1, 9500), Item("Follow-up visit, 30 minutes", 4, 5500))
REPORT = (Item("Report for an employer", 1, 12000),)


def write(session: Session, practice: Practice, at: datetime) -> None:
    """For the documented patient, and for somebody whom the practice does not know yet."""
    osei = next(one.clinician for one in practice.working if one.clinician.full_name == CLINICIAN)
    maya = next(one for one in practice.patients if one.person.full_name == DEMO_PATIENT[0])
    service = services_of(session, osei.id)[0]
    patient = session.get_one(Patient, maya.id)
    course = quoting.Offer(
        service.id,
        COURSE,
        patient=patient,
        discount_minor=2000,
        notes="Five visits at the price of a shorter course.",
    )
    quoting.create(session, osei, course, by=practice.admin, at=at)
    report = quoting.Offer(
        service.id, REPORT, client_name="Northern Line Climbing", client_email="office@example.com"
    )
    quoting.create(session, osei, report, by=practice.admin, at=at)
