"""Bo quotes, Maya answers, and a visit is booked at that price: once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from babel import Locale
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.errors import LinkInvalid
from portal.appointments import commands as appointments
from portal.appointments.models import Appointment, Status
from portal.appointments.slots import SlotKey
from portal.core import clock
from portal.core.errors import Invalid, NotFound
from portal.notifications.commands import forget_old_codes
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery, DeliveryStatus, Notification
from portal.payments import offering, policy, quotation_queries, quoted, quoting
from portal.payments.documents.quotation import quotation_paper
from portal.payments.documents.wording import Reader
from portal.payments.errors import (
    QuotationAnswered,
    QuotationExpired,
    QuotationIsFixed,
    QuotationReplaced,
    QuotationUsed,
)
from portal.payments.events import QuotationSent
from portal.payments.quotation_models import Quotation, QuotationStatus
from portal.payments.quotation_queries import Filters
from portal.payments.quotes import Item
from portal.payments.rules import TaxRate
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_service, service_of, slots_of
from tests.payments.quotes import TOTAL, a_quotation, accepted, an_offer, sent

S = QuotationStatus


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def draft(session: Session, cast: Cast) -> Quotation:
    return a_quotation(session, cast)


@pytest.fixture
def with_vat() -> Iterator[None]:
    before = policy.current()
    policy.configure(replace(before, tax_rates=(TaxRate("VAT", 2000),)))
    yield
    policy.configure(before)


def hold(session: Session, cast: Cast, quotation: Quotation, *, nth: int = 5, **facts: Any) -> Appointment:
    key = SlotKey.parse(slots_of(session, cast.clinician)[nth].id)
    who = {"by": cast.ana, "patient": cast.patient, "at": clock.now(), "minutes": 10, **facts}
    return quoted.hold(session, key, quotation=quotation, **who)


def test_a_draft_has_the_servers_sums_and_thirty_days_and_no_number_yet(
    session: Session, cast: Cast, with_vat: None
) -> None:
    draft = a_quotation(session, cast)
    assert (draft.subtotal_minor, draft.discount_minor, draft.total_minor) == (8000, 1000, TOTAL)
    assert draft.tax_lines == [{"name": "VAT", "basis_points": 2000, "minor": 1167}]
    assert (draft.status_at(NOW), draft.reference, draft.currency) == (S.DRAFT, "", "GBP")
    assert draft.valid_until_on == date(2026, 4, 1)
    # The clocks go forward on 29 March: the last day ends at midnight in summer time.
    assert draft.expires_at.isoformat() == "2026-04-01T23:00:00+00:00"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client_name": " "}, "client_name"),
        ({"client_email": "nonsense"}, "client_email"),
        ({"service_id": 0}, "service_id"),
        ({"items": ()}, "items"),
        ({"discount_minor": 8001}, "discount"),
        ({"valid_until": date(2026, 3, 1)}, "valid_until"),
        ({"valid_until": date(2028, 1, 1)}, "valid_until"),
        ({"notes": "x" * 4001}, "notes"),
    ],
)
def test_what_makes_no_quotation_is_refused_by_the_field(
    session: Session, cast: Cast, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        a_quotation(session, cast, **changes)
    assert list(refused.value.details) == [field]


def test_another_clinicians_service_is_not_bos_to_offer(session: Session, cast: Cast) -> None:
    theirs = service_of(session, session.get_one(type(cast.clinician), cast.zoe.clinician_id))
    with pytest.raises(Invalid) as refused:
        a_quotation(session, cast, service_id=theirs.id)
    assert "service_id" in refused.value.details


def test_for_a_patient_name_and_address_are_theirs_as_they_are_now(session: Session, cast: Cast) -> None:
    cast.patient.email = "ana@example.org"
    draft = a_quotation(session, cast, patient=cast.patient, client_name="", client_email=None)
    assert (draft.patient_id, draft.client_name, draft.client_email) == (
        cast.patient.id, "Ana Silva", "ana@example.org",
    )  # fmt: skip
    cast.patient.full_name = "Ana Costa"
    assert draft.client_name == "Ana Silva"


def test_numbers_are_given_when_it_is_sent_so_that_deleted_drafts_leave_no_gap(
    session: Session, cast: Cast
) -> None:
    first, second, third = (a_quotation(session, cast) for _ in range(3))
    sent(session, first)
    quoting.remove(session, second, at=NOW)
    sent(session, third)
    assert (first.reference, second.reference, third.reference) == ("Q-2026-000001", "", "Q-2026-000002")


def test_it_goes_out_by_mail_with_a_link_of_which_only_a_hash_is_kept(
    session: Session, draft: Quotation
) -> None:
    token = sent(session, draft)
    mail = session.scalars(select(Delivery).where(Delivery.kind == Kind.QUOTATION)).one()
    assert (mail.recipient, mail.channel, mail.is_urgent) == ("maya@example.org", "EMAIL", True)
    for said in (
        "Maya Okoro",
        "Bo Larsen",
        "Q-2026-000001",
        "£70.00",
        "1 April 2026",
        f"/quotations/{token}",
    ):
        assert said in mail.text
    assert "Assessment" not in mail.text + mail.subject
    assert draft.token_hash is not None
    assert token not in draft.token_hash
    assert offering.with_token(session, token) is draft


def test_sending_it_twice_sends_it_once(session: Session, draft: Quotation) -> None:
    token = sent(session, draft)
    assert sent(session, draft) == token
    assert session.scalar(select(func.count()).where(Delivery.kind == Kind.QUOTATION)) == 1


def test_the_secret_is_forgotten_a_day_after_it_left_and_not_before(
    session: Session, draft: Quotation
) -> None:
    sent(session, draft)
    mail = session.scalars(select(Delivery).where(Delivery.kind == Kind.QUOTATION)).one()
    forget_old_codes(session, at=NOW + timedelta(days=3))
    session.refresh(mail)
    assert "/quotations/" in mail.text  # it has not left, and can still be sent again
    mail.status, mail.sent_at = DeliveryStatus.SENT, NOW
    session.flush()
    forget_old_codes(session, at=NOW + timedelta(hours=25))
    session.refresh(mail)
    assert mail.text == ""


def test_without_an_address_it_cannot_be_sent(session: Session, cast: Cast) -> None:
    draft = a_quotation(session, cast, client_email=None)
    with pytest.raises(Invalid) as refused:
        offering.send(session, draft, at=NOW)
    assert "client_email" in refused.value.details
    assert draft.status == S.DRAFT


def test_a_draft_whose_last_day_has_passed_cannot_be_sent(session: Session, draft: Quotation) -> None:
    with pytest.raises(Invalid) as refused:
        offering.send(session, draft, at=draft.expires_at)
    assert "valid_until" in refused.value.details


def test_a_draft_can_be_changed_and_what_was_sent_cannot(
    session: Session, cast: Cast, draft: Quotation
) -> None:
    offer = an_offer(session, cast.clinician, items=(Item("Report", 2, 2500), Item("Visit", 1, 6000)))
    quoting.edit(session, draft, offer, at=NOW)
    assert (draft.total_minor, [item.description for item in draft.items]) == (10_000, ["Report", "Visit"])
    sent(session, draft)
    with pytest.raises(QuotationIsFixed):
        quoting.edit(session, draft, offer, at=NOW)


def test_a_new_version_has_the_same_number_and_takes_the_place_of_the_old_once_it_is_sent(
    session: Session, cast: Cast, draft: Quotation
) -> None:
    old = sent(session, draft)
    newer = quoting.revise(session, draft, by=cast.bo, at=NOW)
    assert quoting.revise(session, draft, by=cast.ada, at=NOW) is newer
    assert draft.status_at(NOW) is S.SENT  # it stands until the other is sent
    quoting.edit(session, newer, an_offer(session, cast.clinician, discount_minor=0), at=NOW)
    sent(session, newer)
    assert (newer.reference, newer.total_minor) == ("Q-2026-000001/2", 8000)
    assert draft.status_at(NOW) is S.EXPIRED
    with pytest.raises(QuotationReplaced):
        offering.decide(session, old, is_accepted=True, at=NOW)
    with pytest.raises(QuotationIsFixed):
        quoting.revise(session, draft, by=cast.bo, at=NOW)
    assert [one.id for one in quotation_queries.other_versions(session, newer)] == [draft.id]
    found = quotation_queries.search(session, cast.bo, Filters(), at=NOW)
    assert [one.id for one in found.items] == [newer.id]


def test_a_deleted_draft_of_a_new_version_leaves_the_old_one_as_it_was(
    session: Session, cast: Cast, draft: Quotation
) -> None:
    token = sent(session, draft)
    quoting.remove(session, quoting.revise(session, draft, by=cast.bo, at=NOW), at=NOW)
    assert quoting.revise(session, draft, by=cast.bo, at=NOW).deleted_at is None
    assert offering.decide(session, token, is_accepted=True, at=NOW) is draft


def test_an_expired_or_declined_one_is_offered_anew_with_new_days(
    session: Session, cast: Cast, draft: Quotation
) -> None:
    sent(session, draft)
    late = draft.expires_at + timedelta(days=1)
    newer = quoting.revise(session, draft, by=cast.bo, at=late)
    assert newer.expires_at > late
    offering.send(session, newer, at=late)
    assert newer.version == 2


def test_what_was_accepted_meanwhile_is_not_replaced(session: Session, cast: Cast, draft: Quotation) -> None:
    token = sent(session, draft)
    newer = quoting.revise(session, draft, by=cast.bo, at=NOW)
    offering.decide(session, token, is_accepted=True, at=NOW)
    with pytest.raises(QuotationAnswered):
        offering.send(session, newer, at=NOW)
    with pytest.raises(QuotationIsFixed):
        quoting.revise(session, draft, by=cast.bo, at=NOW)


@pytest.mark.parametrize(("is_accepted", "status"), [(True, S.ACCEPTED), (False, S.DECLINED)])
def test_it_is_answered_once_and_the_clinician_hears_of_it(
    session: Session, draft: Quotation, is_accepted: bool, status: S
) -> None:
    token = sent(session, draft)
    for _ in range(2):
        assert offering.decide(session, token, is_accepted=is_accepted, at=NOW).status == status
    with pytest.raises(QuotationAnswered):
        offering.decide(session, token, is_accepted=not is_accepted, at=NOW)
    told = session.scalars(select(Notification).where(Notification.kind == "quotation_decision")).one()
    assert (told.account_id, told.related_id) == (draft.clinician.account_id, draft.id)
    assert "Maya Okoro" in told.text
    assert f"was {status.lower()}" in told.title


def test_after_the_last_day_it_cannot_be_accepted(session: Session, draft: Quotation) -> None:
    token = sent(session, draft)
    with pytest.raises(QuotationExpired):
        offering.decide(session, token, is_accepted=True, at=draft.expires_at)
    a_moment_before = draft.expires_at - timedelta(seconds=1)
    assert offering.decide(session, token, is_accepted=True, at=a_moment_before).status == S.ACCEPTED


def test_a_deleted_one_is_there_for_nobody_and_an_accepted_one_stays(
    session: Session, cast: Cast, draft: Quotation
) -> None:
    token = sent(session, draft)
    quoting.remove(session, draft, at=NOW)
    with pytest.raises(LinkInvalid):
        offering.decide(session, token, is_accepted=True, at=NOW)
    with pytest.raises(NotFound):
        quotation_queries.get_visible(session, cast.ada, draft.id)
    kept = a_quotation(session, cast)
    accepted(session, kept)
    with pytest.raises(QuotationAnswered):
        quoting.remove(session, kept, at=NOW)


def test_clinicians_see_their_own_managers_all_and_the_desk_none(
    session: Session, cast: Cast, draft: Quotation
) -> None:
    for actor in (cast.bo, cast.ada, cast.max):
        assert quotation_queries.get_visible(session, actor, draft.id) is draft
    for actor in (cast.zoe, cast.fay, cast.cora, cast.mia, cast.ana):
        with pytest.raises(NotFound):
            quotation_queries.get_visible(session, actor, draft.id)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(search="okoro maya"), True),
        (Filters(search="maya@"), True),
        (Filters(search="Q-2026-000001"), True),
        (Filters(search="q-2026-1"), True),
        (Filters(search="1"), True),
        (Filters(search="Q-2027-1"), False),
        (Filters(search="%"), False),
        (Filters(status=S.SENT), True),
        (Filters(status=S.EXPIRED), False),
        (Filters(status=S.DRAFT), False),
        (Filters(patient_id=1), False),
        (Filters(created_from=NOW, created_before=NOW + timedelta(days=1)), True),
        (Filters(created_before=NOW), False),
    ],
)
def test_a_list_is_narrowed(
    session: Session, cast: Cast, draft: Quotation, filters: Filters, found: bool
) -> None:
    sent(session, draft)
    page = quotation_queries.search(session, cast.bo, filters, at=NOW)
    assert bool(page.items) is found


def test_a_visit_is_booked_at_the_quoted_price(session: Session, cast: Cast, draft: Quotation) -> None:
    accepted(session, draft)
    held = hold(session, cast, draft)
    assert (held.fee_minor, held.description) == (TOTAL, "Assessment")
    booked = appointments.confirm(session, held, by=cast.ana, at=NOW)
    assert (booked.status, booked.fee_minor, draft.visit) == (Status.CONFIRMED, TOTAL, booked)


def test_only_what_was_accepted_gives_its_price(session: Session, cast: Cast, draft: Quotation) -> None:
    sent(session, draft)
    with pytest.raises(QuotationIsFixed):
        hold(session, cast, draft)


def test_the_price_is_for_that_service_alone(session: Session, cast: Cast, draft: Quotation) -> None:
    accepted(session, draft)
    other = a_service(session, cast.clinician)
    key = replace(SlotKey.parse(slots_of(session, cast.clinician)[5].id), service_id=other.id)
    with pytest.raises(Invalid):
        quoted.hold(session, key, quotation=draft, by=cast.ana, patient=cast.patient, at=NOW, minutes=10)


def test_the_price_is_for_one_visit(session: Session, cast: Cast, draft: Quotation) -> None:
    accepted(session, draft)
    appointments.confirm(session, hold(session, cast, draft), by=cast.ana, at=NOW)
    with pytest.raises(QuotationUsed):
        hold(session, cast, draft, nth=9, by=cast.zora, patient=cast.stranger)


def test_choosing_another_time_takes_the_price_along(session: Session, cast: Cast, draft: Quotation) -> None:
    accepted(session, draft)
    first, second = hold(session, cast, draft), hold(session, cast, draft, nth=9)
    assert (first.status, second.fee_minor, draft.visit) == (Status.CANCELLED, TOTAL, second)


def test_what_is_cancelled_gives_the_quotation_back(session: Session, cast: Cast, draft: Quotation) -> None:
    accepted(session, draft)
    held = hold(session, cast, draft)
    appointments.release(session, held, by=cast.ana, at=NOW)
    assert draft.visit is None
    assert hold(session, cast, draft, nth=9).fee_minor == TOTAL


def test_a_hold_that_ran_out_and_is_taken_anew_stays_the_one_visit_at_that_price(
    session: Session, cast: Cast, draft: Quotation
) -> None:
    accepted(session, draft)
    held = hold(session, cast, draft)
    later = NOW + timedelta(minutes=11)
    appointments.expire_due(session, at=later)
    booked = appointments.confirm(session, held, by=cast.ana, at=later)
    assert booked.id != held.id
    assert (booked.fee_minor, draft.visit) == (TOTAL, booked)
    with pytest.raises(QuotationUsed):
        hold(session, cast, draft, nth=9, by=cast.zora, patient=cast.stranger, at=later)


def test_a_hold_that_ran_out_has_the_usual_price_once_another_has_the_quoted_one(
    session: Session, cast: Cast, draft: Quotation
) -> None:
    accepted(session, draft)
    held = hold(session, cast, draft)
    later = NOW + timedelta(minutes=11)
    appointments.expire_due(session, at=later)
    second = hold(session, cast, draft, nth=9, by=cast.zora, patient=cast.stranger, at=later)
    appointments.confirm(session, second, by=cast.zora, at=later)
    booked = appointments.confirm(session, held, by=cast.ana, at=later)
    assert (booked.fee_minor, second.fee_minor) == (6000, TOTAL)
    assert draft.visit is second


def test_the_secret_is_in_no_description_of_what_happened(session: Session, draft: Quotation) -> None:
    assert "secret" not in repr(QuotationSent(draft.id, "secret", NOW))


def test_its_document_says_what_each_line_costs_and_which_taxes_are_in_it(
    session: Session, cast: Cast, with_vat: None
) -> None:
    items = (Item("Assessment", 1, 8000), Item("Report", 2, 2550))
    draft = a_quotation(session, cast, items=items, discount_minor=1100, notes="As agreed.\n\nBring scans.")
    reader = Reader(Locale("en", "GB"), str)
    paper = quotation_paper(draft, reader, issuer=("Riverside",))
    assert (paper.title, paper.number, paper.issuer) == ("Quotation", "Draft", ("Riverside",))
    assert paper.rows == (("Assessment", "£80.00"), ("Report, 2 × £25.50", "£51.00"))
    assert [(total.label, total.figure) for total in paper.totals] == [
        ("Together", "£131.00"), ("Discount", "-£11.00"), ("Total", "£120.00"), ("of which VAT 20%", "£20.00"),
    ]  # fmt: skip
    assert paper.notes == ("As agreed.", "Bring scans.")
    sent(session, draft)
    facts = dict(quotation_paper(draft, reader, issuer=("Riverside",)).facts)
    assert (facts["Date"], facts["For"], facts["Valid until"]) == (
        "2 March 2026",
        "Maya Okoro",
        "1 April 2026",
    )
