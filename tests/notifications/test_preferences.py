"""How people want to be told."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.core.errors import Invalid, NotFound
from portal.notifications.models import Channel
from portal.notifications.preferences import (
    Stops,
    choose,
    chosen_channels,
    patient_of_token,
    unsubscribe,
    unsubscribe_token,
    ways_of,
    what_stops,
)
from portal.people.models import Patient
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_patient, account_of

WHATSAPP, SMS, EMAIL = Channel.WHATSAPP, Channel.SMS, Channel.EMAIL
PHONE, MAIL = "+447700900123", "ana@example.org"


def patient(phone: str | None, email: str | None, channels: list[str] | None = None) -> Patient:
    return Patient(phone=phone, email=email, channels=channels)


@pytest.mark.parametrize(
    ("who", "is_proven", "told_by"),
    [
        (patient(PHONE, None), False, (WHATSAPP,)),
        (patient(PHONE, MAIL), False, (WHATSAPP,)),
        (patient(PHONE, MAIL), True, (WHATSAPP, EMAIL)),
        (patient(None, MAIL), False, (EMAIL,)),
        (patient(PHONE, None), True, (WHATSAPP, EMAIL)),
        (patient(None, None), False, ()),
        (patient(PHONE, MAIL, ["EMAIL", "SMS"]), False, (SMS, EMAIL)),
        (patient(PHONE, MAIL, ["EMAIL"]), False, (EMAIL,)),
        (patient(PHONE, None, ["EMAIL"]), False, (WHATSAPP,)),
        (patient(None, MAIL, ["WHATSAPP", "SMS"]), False, (EMAIL,)),
        (patient(PHONE, MAIL, []), True, (WHATSAPP, EMAIL)),
    ],
)
def test_nobody_who_can_be_told_is_told_nothing(
    who: Patient, is_proven: bool, told_by: tuple[Channel, ...]
) -> None:
    assert chosen_channels(who, is_proven) == told_by


def test_an_address_that_the_account_has_proven_counts(session: Session) -> None:
    ana = a_patient(session)
    account = account_of(session, ana)
    assert ways_of(session, ana).in_use == (WHATSAPP,)
    account.email, account.email_verified_at = MAIL, NOW
    assert ways_of(session, ana).email == MAIL
    assert ways_of(session, ana).in_use == (WHATSAPP, EMAIL)
    ana.email = "other@example.org"
    assert ways_of(session, ana).in_use == (WHATSAPP,)
    assert ways_of(session, ana).possible == (WHATSAPP, SMS, EMAIL)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channels", []),
        ("channels", ["EMAIL"]),
        ("channels", ["WHATSAPP", "PIGEON"]),
        ("language", "tlh"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(session: Session, field: str, value: Any) -> None:
    cast = Cast(session)
    wanted: dict[str, Any] = {
        "channels": ["SMS"],
        "wants_reminders": False,
        "language": "de",
        "time_zone": None,
    }
    with pytest.raises(Invalid) as refused:
        choose(session, cast.patient, by=cast.ana, at=NOW, **{**wanted, field: value})
    assert set(refused.value.details) == {field}
    assert (cast.patient.channels, cast.patient.wants_reminders, cast.patient.language) == (None, True, None)


def test_a_link_stops_mails_and_then_nothing_more(session: Session) -> None:
    ana = a_patient(session, email=MAIL)
    ana.channels = ["SMS", "EMAIL"]
    assert what_stops(session, ana) is Stops.MAIL
    unsubscribe(session, ana, at=NOW)
    unsubscribe(session, ana, at=NOW)
    assert (ana.channels, ana.wants_reminders) == (["SMS"], True)


def test_where_mail_is_the_only_way_a_link_stops_reminders(session: Session) -> None:
    ana = a_patient(session, with_account=False, phone=None, email=MAIL)
    assert what_stops(session, ana) is Stops.REMINDERS
    unsubscribe(session, ana, at=NOW)
    assert (ana.channels, ana.wants_reminders) == (None, False)
    assert what_stops(session, ana) is Stops.NOTHING


def test_only_a_link_of_ours_names_a_patient(session: Session) -> None:
    ana = a_patient(session)
    token = unsubscribe_token("our secret", ana.id)
    assert patient_of_token(session, "our secret", token) is ana
    for wrong in ("", "rubbish", token[:-1], f"{ana.id}.x", unsubscribe_token("another", ana.id)):
        with pytest.raises(NotFound):
            patient_of_token(session, "our secret", wrong)
    ana.deleted_at = NOW
    with pytest.raises(NotFound):
        patient_of_token(session, "our secret", token)
