"""Who somebody is, what they may do, and what proves it."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from portal.accounts.models import Account, Device, DeviceKind
from portal.accounts.names import parse_name
from portal.accounts.tokens import Tokens
from portal.api.v1.representations.base import Shape
from portal.core.permissions import Role
from portal.people.approvals import ClinicianState, state_of
from portal.people.models import Clinician, Patient


class CodeOnItsWay(Shape):
    """The same whether or not anybody has the phone."""

    phone: str
    expires_in: int = Field(description="Seconds.")
    channel: Literal["WHATSAPP", "SMS"]


class NextSteps(Shape):
    verify_email: bool = True
    complete_profile: bool
    await_admin_approval: bool


class SignedUp(Shape):
    """The same whether or not the address was known: who holds it reads the rest in a mail."""

    email: str
    next_steps: NextSteps


class UserShape(Shape):
    id: int
    full_name: str
    first_name: str
    last_name: str
    username: str | None
    slug: str | None
    phone: str | None
    email: str | None
    role_id: int
    role_name: Role
    centre_id: int | None
    is_active: bool
    is_email_verified: bool
    is_approved_by_admin: bool
    profile_completed: bool
    subscription_plan: Literal["free", "pro"]
    created_at: datetime


class Permissions(Shape):
    """What a client may show."""

    can_login: Literal[True] = True
    can_access_dashboard: bool
    can_complete_profile: bool
    needs_email_verification: bool
    needs_profile_completion: bool
    needs_admin_approval: bool


class PatientPart(Shape):
    id: int
    date_of_birth: date | None
    gender: str | None
    blood_group: str | None
    emergency_contact_name: str
    emergency_contact_phone: str | None


class ClinicianPart(Shape):
    id: int
    slug: str
    state: ClinicianState
    bio: str
    profile_picture_url: str


class Me(Shape):
    user: UserShape
    permissions: Permissions
    patient: PatientPart | None
    clinician: ClinicianPart | None


class TokensShape(Shape):
    access_token: str
    refresh_token: str
    expires_in: int = Field(description="Seconds that the access token lives.")


class SignedIn(Me, TokensShape):
    is_new_user: bool


class DeviceShape(Shape):
    id: int
    kind: DeviceKind
    description: str
    created_at: datetime
    last_seen_at: datetime
    is_current: bool


def me_shape(
    account: Account, patient: Patient | None, clinician: Clinician | None, *, has_hours: bool
) -> Me:
    state = state_of(clinician, has_hours=has_hours) if clinician else None
    return Me(
        user=_user(account, clinician, state),
        permissions=_permissions(account, state),
        patient=PatientPart(**{name: getattr(patient, name) for name in PatientPart.model_fields})
        if patient
        else None,
        clinician=_clinician(clinician, state) if clinician and state else None,
    )


def tokens_shape(tokens: Tokens) -> TokensShape:
    return TokensShape(
        access_token=tokens.access_token, refresh_token=tokens.refresh_token, expires_in=tokens.expires_in
    )


def device_shape(device: Device, current: Device | None) -> DeviceShape:
    return DeviceShape(
        id=device.id,
        kind=DeviceKind(device.kind),
        description=device.description,
        created_at=device.created_at,
        last_seen_at=device.last_seen_at,
        is_current=current is not None and device.id == current.id,
    )


def _user(account: Account, clinician: Clinician | None, state: ClinicianState | None) -> UserShape:
    name = parse_name(account.full_name)
    return UserShape(
        id=account.id,
        full_name=f"{account.title} {account.full_name}".strip(),
        first_name=name.first_name,
        last_name=name.last_name,
        username=account.username,
        slug=clinician.slug if clinician else None,
        phone=account.phone,
        email=account.email,
        role_id=account.role_name.number,
        role_name=account.role_name,
        centre_id=account.centre_id,
        is_active=account.is_active,
        is_email_verified=account.email_verified_at is not None,
        is_approved_by_admin=clinician is None or clinician.approved_at is not None,
        profile_completed=_is_complete(account, state),
        subscription_plan="pro" if account.plan == "pro" else "free",
        created_at=account.created_at,
    )


def _permissions(account: Account, state: ClinicianState | None) -> Permissions:
    needs_email = state is ClinicianState.REGISTERED or (
        account.role_name is Role.PATIENT
        and account.has_to_confirm_email
        and account.phone_verified_at is None
    )
    needs_approval = state in {ClinicianState.REGISTERED, ClinicianState.EMAIL_VERIFIED}
    return Permissions(
        can_access_dashboard=not (needs_email or needs_approval),
        can_complete_profile=True,
        needs_email_verification=needs_email,
        needs_profile_completion=not _is_complete(account, state),
        needs_admin_approval=needs_approval,
    )


def _is_complete(account: Account, state: ClinicianState | None) -> bool:
    return bool(account.full_name) if state is None else state is ClinicianState.PROFILE_COMPLETE


def _clinician(clinician: Clinician, state: ClinicianState) -> ClinicianPart:
    return ClinicianPart(
        id=clinician.id,
        slug=clinician.slug,
        state=state,
        bio=clinician.bio,
        profile_picture_url=clinician.profile_picture_url,
    )
