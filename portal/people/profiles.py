"""What may be written into a clinician's account and profile. Each function checks its part and raises Invalid."""

from collections.abc import Sequence

from babel.numbers import is_currency
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.identifiers import optional_username
from portal.accounts.models import Account
from portal.accounts.names import clean_name, parse_name
from portal.centres.models import Centre
from portal.core import clock
from portal.core.contact import optional_email, optional_phone
from portal.core.errors import Forbidden, Invalid, _
from portal.core.permissions import Actor, Role
from portal.people.models import Clinician

MOST_FEE_MINOR = 10**9
MOST_CREDITS = 100
FACTS = (
    "headline",
    "bio",
    "specialization",
    "qualification",
    "languages",
    "years_of_experience",
    "consultation_fee_minor",
    "credit_fee",
    "default_duration_minutes",
    "requires_acceptance",
    "primary_centre_id",
)
ACCOUNT_FACTS = ("title", "full_name", "phone", "email", "username")


def facts(clinician: Clinician) -> dict[str, object]:
    values = {name: getattr(clinician, name) for name in FACTS}
    values |= {name: getattr(clinician.account, name) for name in ACCOUNT_FACTS}
    return values | {"centres": [centre.id for centre in clinician.centres]}


def identify(
    account: Account,
    *,
    full_name: str,
    title: str,
    phone: str | None,
    email: str | None,
    username: str | None,
) -> None:
    rename(account, full_name, title)
    account.phone = optional_phone(phone)
    account.change_email(optional_email(email))
    account.username = optional_username(username)
    if not (account.phone or account.email or account.username):
        raise Invalid(
            details={"phone": _("Give a phone number, an email address or a username to sign in with.")}
        )


def rename(account: Account, full_name: str, title: str = "") -> None:
    """A title may stand before the name or beside it."""
    name = parse_name(clean_name(full_name))
    account.full_name = name.full_name
    account.title = " ".join(title.split()) or name.title


def place(
    session: Session, clinician: Clinician, by: Actor, centre_ids: set[int], primary_centre_id: int | None
) -> None:
    centres = session.scalars(
        select(Centre).where(Centre.id.in_(centre_ids), Centre.deleted_at.is_(None)).order_by(Centre.name)
    ).all()
    if len(centres) != len(centre_ids):
        raise Invalid(details={"centre_ids": _("Choose a centre.")})
    before = {centre.id for centre in clinician.centres if centre.deleted_at is None}
    _check_may_place(by, before, centre_ids)
    if not centres:
        _check_is_online_elsewhere(clinician)
        clinician.centres, clinician.primary_centre_id = [], None
        return
    if len({centre.currency for centre in centres}) > 1:
        raise Invalid(
            details={"centre_ids": _("These centres use different currencies; choose centres of one.")}
        )
    by_id = {centre.id: centre for centre in centres}
    primary = by_id.get(primary_centre_id) if primary_centre_id else centres[0]
    if primary is None:
        raise Invalid(details={"primary_centre_id": _("Choose one of this clinician's centres.")})
    clinician.centres, clinician.primary_centre_id = list(centres), primary.id
    clinician.currency, clinician.time_zone = primary.currency, primary.time_zone


def _check_may_place(by: Actor, before: set[int], after: set[int]) -> None:
    """Centre managers add clinicians to their centre and remove them from it, and leave other centres alone."""
    if by.role is not Role.CENTRE_MANAGER:
        return
    if not (before ^ after) <= by.centre_ids or not (before | after) & by.centre_ids:
        raise Forbidden


def _check_is_online_elsewhere(clinician: Clinician) -> None:
    if not clinician.currency or not clinician.time_zone:
        raise Invalid(details={"centre_ids": _("Choose a centre.")})
    if not is_currency(clinician.currency):
        raise Invalid(details={"currency": _("Choose a currency.")})
    check_zone(clinician.time_zone)


def check_zone(name: str) -> None:
    try:
        clock.zone(name)
    except ValueError:
        raise Invalid(details={"time_zone": _("Choose a time zone.")}) from None


def describe(
    clinician: Clinician,
    *,
    specialization: Sequence[str],
    qualification: Sequence[str],
    languages: Sequence[str],
    years_of_experience: int | None,
    headline: str,
    bio: str,
) -> None:
    if years_of_experience is not None and not 0 <= years_of_experience <= 80:
        raise Invalid(details={"years_of_experience": _("Enter a number of years from 0 to 80.")})
    clinician.specialization = tidy(specialization)
    clinician.qualification = tidy(qualification)
    clinician.languages = tidy(languages)
    clinician.years_of_experience = years_of_experience
    clinician.headline, clinician.bio = headline.strip(), bio.strip()


def offer(
    clinician: Clinician,
    fee_minor: int,
    duration_minutes: int,
    *,
    requires_acceptance: bool,
    credit_fee: int | None = None,
) -> None:
    """A visit costs `credit_fee` of those who pay with credits; None leaves that as it is."""
    if not 0 <= fee_minor <= MOST_FEE_MINOR:
        raise Invalid(details={"consultation_fee_minor": _("Enter an amount from 0 to 10,000,000.")})
    if not 5 <= duration_minutes <= 480:
        raise Invalid(details={"default_duration_minutes": _("Enter a length of 5 to 480 minutes.")})
    if credit_fee is not None and not 1 <= credit_fee <= MOST_CREDITS:
        raise Invalid(details={"credit_fee": _("Enter a number from 1 to 100.")})
    clinician.credit_fee = credit_fee or clinician.credit_fee
    clinician.consultation_fee_minor = fee_minor
    clinician.default_duration_minutes = duration_minutes
    clinician.requires_acceptance = requires_acceptance


def tidy(values: Sequence[str]) -> list[str]:
    """Without blanks and repetitions, in the order given."""
    return list(dict.fromkeys(tidy for value in values if (tidy := " ".join(value.split()))))
