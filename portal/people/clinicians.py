"""Clinicians: made with account, resource and profile in one go, and managed by staff of their centres."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import passwords
from portal.accounts.commands import sign_out_everywhere
from portal.accounts.models import Account
from portal.accounts.names import numbered_slug, slug_base
from portal.core.events import publish
from portal.core.permissions import Actor, Role
from portal.people import profiles
from portal.people.errors import FeeIsSetByPractice
from portal.people.events import ClinicianChanged, ClinicianCreated
from portal.people.models import Clinician, Resource


def create_clinician(
    session: Session,
    *,
    by: Actor,
    full_name: str,
    title: str = "",
    phone: str | None,
    email: str | None,
    username: str | None,
    password: str | None,
    centre_ids: Iterable[int],
    primary_centre_id: int | None = None,
    specialization: Sequence[str] = (),
    qualification: Sequence[str] = (),
    languages: Sequence[str] = (),
    years_of_experience: int | None = None,
    consultation_fee_minor: int = 0,
    default_duration_minutes: int = 60,
    headline: str = "",
    bio: str = "",
    requires_acceptance: bool = False,
    is_accepting: bool = True,
    credit_fee: int = 1,
    currency: str | None = None,
    time_zone: str | None = None,
    at: datetime,
) -> Clinician:
    """Make a clinician, approved at once. Its centres share one currency; the primary is the first unless named.

    `currency` and `time_zone` are for clinicians who work online only and at no centre. Who is not `is_accepting`
    is not listed yet. Raises Invalid, Forbidden for centres that are not `by`'s and, from `in_transaction`,
    Duplicate naming the field.
    """
    account = Account(role=Role.CLINICIAN, is_active=True, created_at=at)
    clinician = Clinician(account=account, centres=[], created_at=at)
    profiles.identify(account, full_name=full_name, title=title, phone=phone, email=email, username=username)
    if password is not None:
        passwords.check_policy(password)
        account.password_hash = passwords.hash_password(password)
    clinician.currency, clinician.time_zone = currency or "", time_zone or ""
    profiles.place(session, clinician, by, set(centre_ids), primary_centre_id)
    profiles.describe(
        clinician,
        specialization=specialization,
        qualification=qualification,
        languages=languages,
        years_of_experience=years_of_experience,
        headline=headline,
        bio=bio,
    )
    profiles.offer(
        clinician,
        consultation_fee_minor,
        default_duration_minutes,
        requires_acceptance=requires_acceptance,
        credit_fee=credit_fee,
    )
    clinician.approved_at, clinician.approved_by_id = at, by.account_id
    clinician.is_active, clinician.is_accepting = True, is_accepting
    clinician.slug = free_slug(session, account.full_name)
    clinician.resource_id = new_resource(session)
    session.add(clinician)
    session.flush()
    publish(session, ClinicianCreated(clinician.id, by, at))
    return clinician


def edit_clinician(
    session: Session,
    clinician: Clinician,
    *,
    by: Actor,
    full_name: str,
    title: str,
    phone: str | None,
    email: str | None,
    username: str | None,
    centre_ids: Iterable[int],
    primary_centre_id: int | None,
    specialization: Sequence[str],
    qualification: Sequence[str],
    languages: Sequence[str],
    years_of_experience: int | None,
    consultation_fee_minor: int,
    default_duration_minutes: int,
    headline: str,
    bio: str,
    requires_acceptance: bool,
    credit_fee: int | None = None,
    at: datetime,
) -> Clinician:
    """Replace what is known of a clinician; the slug stays, so that links do. Raises as `create_clinician`.

    Without a `credit_fee` that stays as well.
    """
    before = profiles.facts(clinician)
    profiles.identify(
        clinician.account, full_name=full_name, title=title, phone=phone, email=email, username=username
    )
    profiles.place(session, clinician, by, set(centre_ids), primary_centre_id)
    profiles.describe(
        clinician,
        specialization=specialization,
        qualification=qualification,
        languages=languages,
        years_of_experience=years_of_experience,
        headline=headline,
        bio=bio,
    )
    profiles.offer(
        clinician,
        consultation_fee_minor,
        default_duration_minutes,
        requires_acceptance=requires_acceptance,
        credit_fee=credit_fee,
    )
    session.flush()
    _tell(session, clinician, "clinician.edit", before, by=by, at=at)
    return clinician


def edit_own_clinician_profile(
    session: Session,
    clinician: Clinician,
    *,
    by: Actor,
    headline: str,
    bio: str,
    specialization: Sequence[str],
    qualification: Sequence[str],
    languages: Sequence[str],
    years_of_experience: int | None,
    consultation_fee_minor: int | None = None,
    at: datetime,
) -> Clinician:
    """Clinicians about themselves. None keeps the fee; with a centre it is the practice's (FeeIsSetByPractice)."""
    before = profiles.facts(clinician)
    profiles.describe(
        clinician,
        specialization=specialization,
        qualification=qualification,
        languages=languages,
        years_of_experience=years_of_experience,
        headline=headline,
        bio=bio,
    )
    if consultation_fee_minor is not None and consultation_fee_minor != clinician.consultation_fee_minor:
        if clinician.primary_centre_id is not None:
            raise FeeIsSetByPractice
        profiles.offer(
            clinician,
            consultation_fee_minor,
            clinician.default_duration_minutes,
            requires_acceptance=clinician.requires_acceptance,
        )
    _tell(session, clinician, "clinician.edit-own", before, by=by, at=at)
    return clinician


def set_clinician_active(
    session: Session, clinician: Clinician, *, by: Actor, is_active: bool, at: datetime
) -> Clinician:
    """Switch a clinician on or off, with the account: off ends all sign-ins at once and hides them. Safe to repeat."""
    if clinician.is_active != is_active or clinician.account.is_active != is_active:
        clinician.is_active = clinician.account.is_active = is_active
        action = "clinician.switch-on" if is_active else "clinician.switch-off"
        publish(session, ClinicianChanged(clinician.id, action, by, at))
    if not is_active:
        sign_out_everywhere(session, clinician.account, at)
    return clinician


def set_accepting(
    session: Session, clinician: Clinician, *, by: Actor, is_accepting: bool, at: datetime
) -> Clinician:
    """Show a clinician to the public, or not for now; existing appointments stay as they are. Safe to repeat."""
    if clinician.is_accepting != is_accepting:
        clinician.is_accepting = is_accepting
        action = "clinician.accept-patients" if is_accepting else "clinician.stop-accepting"
        publish(session, ClinicianChanged(clinician.id, action, by, at))
    return clinician


def delete_clinician(session: Session, clinician: Clinician, *, by: Actor, at: datetime) -> None:
    """Remove a clinician for good: rows stay for the history, the account's phone, email and username are free again.

    Looks at no appointments: what is to happen with coming ones has been decided before.
    """
    set_clinician_active(session, clinician, by=by, is_active=False, at=at)
    account = clinician.account
    clinician.deleted_at = account.deleted_at = at
    account.phone = account.email = account.username = account.password_hash = None
    publish(session, ClinicianChanged(clinician.id, "clinician.delete", by, at))


def new_resource(session: Session) -> int:
    resource = Resource(kind="CLINICIAN")
    session.add(resource)
    session.flush()
    return resource.id


def free_slug(session: Session, full_name: str) -> str:
    base = slug_base(full_name)
    taken = session.scalars(select(Clinician.slug).where(Clinician.slug.like(f"{base}-%")))
    return numbered_slug(base, set(taken))


def _tell(
    session: Session, clinician: Clinician, action: str, before: dict[str, object], *, by: Actor, at: datetime
) -> None:
    changed = tuple(name for name, value in profiles.facts(clinician).items() if value != before[name])
    publish(session, ClinicianChanged(clinician.id, action, by, at, changed))
