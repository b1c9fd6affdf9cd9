"""The jobs of payments."""

from datetime import timedelta

from sqlalchemy.orm import Session

from portal.jobs.money import jobs
from portal.payments.models import PaymentStatus
from portal.settings import Environment, Settings
from tests.cast import Cast
from tests.conftest import NOW
from tests.payments.paying import a_payment


def test_a_payment_is_asked_about_again_when_its_provider_has_no_keys_for_now(session: Session) -> None:
    facts = {"due_at": NOW, "expires_at": NOW + timedelta(hours=1), "provider_payment_id": "cs_1"}
    payment = a_payment(session, Cast(session), **facts)
    later = a_payment(session, Cast(session), **facts | {"due_at": None, "provider_payment_id": "cs_2"})
    session.commit()
    for job in jobs(lambda: Settings(env=Environment.TEST)):
        job.function(session)
    found = {one.id: one.due_at for one in (session.get_one(type(payment), payment.id), later)}
    assert (found[payment.id] or NOW) > NOW
    assert found[later.id] is None
    assert payment.status == PaymentStatus.PENDING
