"""What Ana is told of money: where to pay, that it came, that it could not be used, that it has gone back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment
from portal.core.events import publish
from portal.core.permissions import SYSTEM
from portal.notifications import handling
from portal.notifications.channels import Outgoing, Refused
from portal.notifications.composing import preview
from portal.notifications.models import Channel, Delivery, Notification
from portal.notifications.sending import Claim, claim_due, prepare, settle_failed, settle_sent
from portal.notifications.undelivered import undelivered
from portal.payments import linking, refunding, taking
from portal.payments.events import PaymentReceived, PaymentUnusable
from portal.payments.models import Method, Payment
from portal.payments.practice import Practice, practice_of
from portal.settings import LateCancellation, Settings
from tests.cast import Cast
from tests.conftest import NOW
from tests.notifications.conftest import Rules
from tests.payments.paying import FEE, a_paid, a_visit

MINUTE = timedelta(minutes=1)


@pytest.fixture
def cast(session: Session) -> Cast:
    """Ana, who sees Bo, and has a phone and an address that nobody has proven."""
    cast = Cast(session)
    cast.patient.email = "ana@example.org"
    return cast


@pytest.fixture
def practice() -> Practice:
    return practice_of(Settings(stripe_secret_key="sk_test_1"))


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    """Booked; the news of it has left."""
    booked = a_visit(session, cast)
    session.flush()
    for row in session.scalars(select(Delivery)):
        row.status = "SENT"
    return booked


Send = Callable[..., Payment]


@pytest.fixture
def send(session: Session, cast: Cast, practice: Practice, visit: Appointment) -> Send:
    def make(instead_of: Payment | None = None) -> Payment:
        before = instead_of.id if instead_of else None
        link = linking.make_link(session, practice, visit, by=cast.fay, at=NOW, instead_of=before)
        session.flush()
        return link

    return make


def rows(session: Session, kind: str) -> list[Delivery]:
    session.flush()
    return list(session.scalars(select(Delivery).where(Delivery.kind == kind).order_by(Delivery.id)))


def shown(session: Session) -> list[tuple[str, str]]:
    told = select(Notification.kind, Notification.title).where(Notification.kind.startswith("payment"))
    return [(kind, title) for kind, title in session.execute(told.order_by(Notification.id))]


def leaving(session: Session, channel: str, *, urgent: bool = True) -> tuple[Claim, Outgoing | None]:
    """The one message that is due over the channel, as it would leave now."""
    session.flush()
    (claim,) = claim_due(session, Channel(channel), is_urgent=urgent, limit=5, at=NOW, lease=MINUTE)
    session.expire_all()
    message = prepare(session, claim, at=NOW)
    session.expire_all()
    return claim, message


def test_a_link_rings_the_phone_and_goes_by_mail_and_says_nothing_clinical(
    session: Session, send: Send, visit: Appointment
) -> None:
    visit.description = "My left knee"
    link = send()
    assert [row.channel for row in rows(session, "payment-link")] == ["WHATSAPP", "EMAIL"]
    assert all(row.useful_until == link.expires_at for row in rows(session, "payment-link"))
    claim, message = leaving(session, "WHATSAPP")
    assert message is not None
    address = f"http://127.0.0.1:8000/payments/{link.key}"
    assert message.provider_template == "payment_link"
    assert list(message.parameters) == ["amount", "clinician", "when", "link"]
    assert message.parameters["amount"] == "£60.00"
    assert message.parameters["link"] == address
    assert "knee" not in message.text
    settle_sent(session, claim, message, "wamid.1", at=NOW)
    session.expire_all()
    assert preview(session, rows(session, "payment-link")[0]).text == message.text
    _, mail = leaving(session, "EMAIL")
    assert mail is not None
    assert (mail.recipient, mail.subject) == (
        "ana@example.org",
        "Please pay £60.00 for your appointment",
    )
    assert address in mail.html


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (None, ["WHATSAPP", "EMAIL"]),
        (["EMAIL"], ["WHATSAPP", "EMAIL"]),
        (["SMS"], ["SMS", "EMAIL"]),
        (["WHATSAPP", "SMS"], ["WHATSAPP", "EMAIL"]),
    ],
)
def test_what_ana_likes_says_how_the_phone_rings_and_not_whether(
    session: Session, cast: Cast, send: Send, chosen: list[str] | None, expected: list[str]
) -> None:
    cast.patient.channels = chosen
    send()
    assert [row.channel for row in rows(session, "payment-link")] == expected
    for channel in expected:
        assert leaving(session, channel)[1] is not None


def test_nobody_is_told_whose_record_was_removed(session: Session, cast: Cast, send: Send) -> None:
    cast.patient.deleted_at = NOW
    send()
    assert rows(session, "payment-link") == []


def test_whatsapp_that_fails_becomes_a_text_although_a_mail_goes_too(session: Session, send: Send) -> None:
    send()
    claim, _ = leaving(session, "WHATSAPP")
    settle_failed(session, claim, Refused("no WhatsApp"), at=NOW)
    assert [row.channel for row in rows(session, "payment-link")] == ["WHATSAPP", "EMAIL", "SMS"]
    claim, message = leaving(session, "SMS")
    assert message is not None
    settle_failed(session, claim, Refused("no such number"), at=NOW)
    assert len(rows(session, "payment-link")) == 3


def test_a_link_that_waits_is_not_sent_when_it_is_paid_replaced_or_for_nothing(
    session: Session, cast: Cast, send: Send, visit: Appointment
) -> None:
    first = send()
    send(first)
    waiting = rows(session, "payment-link")
    for row in waiting[1:]:
        row.due_at = NOW + MINUTE
    assert leaving(session, "WHATSAPP")[1] is None
    assert waiting[0].reason == "REPLACED"
    waiting[2].due_at = NOW
    taking.take(session, visit, method=Method.CASH, by=cast.fay, at=NOW)
    assert leaving(session, "WHATSAPP")[1] is None
    assert (waiting[2].status, waiting[2].reason) == ("SKIPPED", "PAID")
    waiting[3].due_at = NOW
    commands.cancel(session, visit, by=cast.ana, at=NOW, late=LateCancellation.NO_REFUND)
    assert leaving(session, "EMAIL")[1] is None
    assert waiting[3].reason == "CANCELLED"


def test_a_link_that_comes_too_late_is_for_staff_to_see(session: Session, cast: Cast, send: Send) -> None:
    link = send()
    (whatsapp, _) = rows(session, "payment-link")
    after = (link.expires_at or NOW) + MINUTE
    (claim,) = claim_due(session, Channel.WHATSAPP, is_urgent=True, limit=1, at=after, lease=MINUTE)
    session.expire_all()
    assert prepare(session, claim, at=after) is None
    session.expire_all()
    assert (whatsapp.status, whatsapp.reason) == ("MISSED", "EXPIRED")
    (line,) = [one for one in undelivered(session, cast.fay, at=after).items if one.delivery == whatsapp]
    assert line.name == "Ana Silva"
    assert not line.can_send_again


def test_a_new_number_gets_no_link_that_was_meant_for_the_old_one(
    session: Session, cast: Cast, send: Send
) -> None:
    send()
    cast.patient.phone = "+447700900999"
    _, message = leaving(session, "WHATSAPP")
    assert message is not None
    assert message.recipient == "+447700900999"
    cast.patient.email = None
    assert leaving(session, "EMAIL")[1] is None


def test_staff_send_a_lost_link_again_and_it_is_looked_at_again(
    session: Session, cast: Cast, send: Send
) -> None:
    link = send()
    lost, _mail = rows(session, "payment-link")
    lost.status, lost.reason = "FAILED", "REFUSED"
    again = handling.send_again(session, lost, by=cast.fay, at=NOW)
    assert (again.payment_id, again.useful_until, again.status) == (link.id, link.expires_at, "PENDING")
    assert leaving(session, "WHATSAPP")[1] is not None


def test_money_that_came_is_told_in_app_and_to_whoever_reads_mail(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    cast.patient.channels = ["EMAIL", "WHATSAPP"]
    payment = taking.take(session, visit, method=Method.TERMINAL, by=cast.fay, at=NOW)
    assert [row.channel for row in rows(session, "payment-received")] == ["EMAIL"]
    _, mail = leaving(session, "EMAIL", urgent=False)
    assert mail is not None
    assert mail.subject == "We have received £60.00"
    assert f"/patient/payments/{payment.id}" in mail.html
    assert shown(session) == [("payment_received", "We have received £60.00")]


def test_who_wants_no_mail_any_more_gets_none_of_it(session: Session, cast: Cast, visit: Appointment) -> None:
    cast.patient.channels = ["EMAIL"]
    taking.take(session, visit, method=Method.CASH, by=cast.fay, at=NOW)
    cast.patient.channels = ["WHATSAPP"]
    assert leaving(session, "EMAIL", urgent=False)[1] is None
    assert rows(session, "payment-received")[0].reason == "OPTED_OUT"


def test_each_part_that_goes_back_is_told_with_its_own_amount(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    cast.patient.language = "de"
    payment = taking.take(session, visit, method=Method.CASH, by=cast.fay, at=NOW)
    for minor in (1000, 2000):
        refund = refunding.queue(session, payment.id, minor, reason="Short", by=cast.max, at=NOW)
        taking.hand_over(session, refund, by=cast.fay, at=NOW)
    assert [title for _, title in shown(session)][1:] == [
        "10,00 £ wurden Ihnen erstattet",
        "20,00 £ wurden Ihnen erstattet",
    ]
    texts = [preview(session, row).text for row in rows(session, "payment-refunded")]
    assert [text.partition(" ")[0] for text in texts] == ["10,00", "20,00"]


def test_whoever_paid_for_a_time_that_is_gone_hears_it_at_once_with_the_way_to_others(
    session: Session, cast: Cast, visit: Appointment, rules: Rules
) -> None:
    rules(quiet_from=0, quiet_until=23)
    payment = a_paid(session, cast, appointment_id=visit.id)
    commands.cancel(session, visit, by=SYSTEM, at=NOW, late=LateCancellation.NO_REFUND)
    publish(session, PaymentUnusable(payment.id, NOW))
    (row,) = rows(session, "payment-too-late")
    assert row.due_at == NOW
    said = preview(session, row)
    assert f"/clinicians/{visit.clinician_id}" in said.text
    assert ("payment_refunded", "Your payment came too late, and goes back to you") in shown(session)


def test_whoever_paid_twice_hears_that_the_visit_stands(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    payment = a_paid(session, cast, appointment_id=visit.id)
    publish(session, PaymentUnusable(payment.id, NOW))
    (row,) = rows(session, "payment-twice")
    assert "It stands, and £60.00 goes back to you" in preview(session, row).text


def test_credits_that_are_spent_are_no_money_that_came(session: Session, cast: Cast) -> None:
    a_paid(session, cast, amount_minor=FEE)
    spent = session.scalars(select(Payment)).one()
    spent.method, spent.provider, spent.credits = Method.CREDITS, None, 1
    publish(session, PaymentReceived(spent.id, NOW))
    assert shown(session) == []
