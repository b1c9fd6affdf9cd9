"""Clinicians as the public, their colleagues and they themselves see them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from portal.api.v1.representations.base import (
    Amount,
    Body,
    Id,
    Line,
    Listing,
    Password,
    Query,
    Shape,
    Text,
    Unique,
    Upper,
    amount,
)
from portal.api.v1.representations.centres import CentreShape, centre_shape
from portal.api.v1.representations.services import Minutes, ServiceShape, service_shape
from portal.api.v1.representations.slots import Instant, OtherTime, Zone, other_time
from portal.appointments.slots import Slot
from portal.people.models import Clinician, Plan
from portal.people.profiles import MOST_CREDITS
from portal.scheduling.models import Service

Name = Annotated[str, Field(max_length=100)]
Words = Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=40), Unique]
Url = Annotated[str, Field(pattern=r"^(https?://\S+)?$", max_length=500)]
Years = Annotated[int, Field(ge=0, le=80)]


class ApprovalStatus(StrEnum):
    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


FOR_STAFF = "For staff and themself; null for everybody else."


class ClinicianCard(Shape):
    """Ratings come with reviews: nobody is rated yet. Only who is listed has a next free time."""

    id: int
    user_id: int
    slug: str
    full_name: str
    headline: str
    bio: str
    profile_picture_url: str
    specialization: list[str]
    qualification: list[str]
    languages: list[str]
    years_of_experience: int | None
    consultation_fee: float
    currency: str
    avg_rating: float | None = None
    review_count: int = 0
    verified: bool
    is_active: bool
    is_available: bool = Field(description="Takes new bookings.")
    next_available_slot: OtherTime | None
    phone: str | None = Field(description=FOR_STAFF)
    email: str | None = Field(description=FOR_STAFF)
    username: str | None = Field(description=FOR_STAFF)
    is_email_verified: bool | None = Field(description=FOR_STAFF)
    approval_status: ApprovalStatus | None = Field(description=FOR_STAFF)
    approved_at: datetime | None = Field(description=FOR_STAFF)


class NextTimes(Shape):
    timezone: str
    is_available: bool
    next_slots: list[OtherTime] = Field(description="Five at most, of the service that is free first.")


class Reviews(Shape):
    avg_rating: float | None = None
    total_reviews: int = 0
    recent_reviews: list[str] = Field(default=[])


class ClinicianDetail(ClinicianCard):
    certifications: list[str]
    achievements: list[str]
    affiliation: str
    timezone: str
    primary_centre_id: int | None
    centres: list[CentreShape]
    services: list[ServiceShape]
    availability: NextTimes
    reviews: Reviews
    requires_acceptance: bool
    credit_fee: int
    default_consultation_duration_minutes: int
    plan: Plan | None = Field(description=FOR_STAFF)
    plan_expires_at: datetime | None = Field(
        description=f"{FOR_STAFF} Null as well for a plan without an end."
    )


class ClinicianQuery(Listing):
    search: Annotated[
        str,
        Field(max_length=80, description="Words of a name, field of work, skill, service, headline or bio."),
    ] = ""
    specialization: Line = ""
    language: Line = ""
    centre_id: Id | None = None
    category_id: Id | None = Field(None, description="Who has a skill in that category.")
    session_type: Annotated[Literal["ONLINE", "IN_PERSON"], Upper] | None = None
    max_price: Amount | None = None
    min_rating: Annotated[float, Field(ge=1, le=5)] | None = Field(
        None, description="Who is not rated does not match, and nobody is rated yet."
    )
    availability: bool = Field(
        default=False, description="True: only who has a free time, the earliest first."
    )
    approval_status: Annotated[ApprovalStatus, Upper] | None = Field(
        None, description="For administrators: also those whom the public does not see."
    )
    is_active: bool | None = Field(None, description="For managers: also those whom the public does not see.")


class ClinicianFacts(Body):
    full_name: Name = ""
    title: Annotated[str, Field(max_length=30)] = ""
    phone: Line | None = None
    email: Line | None = None
    username: Line | None = None
    headline: Line = ""
    bio: Text = ""
    profile_picture_url: Url = ""
    specialization: Words = Field(default=[])
    qualification: Words = Field(default=[])
    certifications: Words = Field(default=[])
    achievements: Words = Field(default=[])
    affiliation: Line = ""
    languages: Words = Field(default=[])
    years_of_experience: Years | None = None
    consultation_fee: Amount = 0
    credit_fee: Annotated[int, Field(ge=1, le=MOST_CREDITS)] = Field(
        default=1, description="What a visit costs who pays with credits."
    )
    primary_centre_id: Id | None = None
    centre_ids: Annotated[list[Id], Field(max_length=100), Unique] = Field(default=[])
    default_consultation_duration_minutes: Minutes = 60
    requires_acceptance: bool = False
    timezone: Zone | None = Field(
        None, description="For who works online and at no centre; else it is that of the main centre."
    )


class NewClinician(ClinicianFacts):
    full_name: Annotated[str, Field(min_length=1, max_length=100)]
    password: Password | None = None
    currency: Annotated[str, Field(max_length=3)] | None = Field(None, description="As timezone.")


class ClinicianChanges(ClinicianFacts):
    """What is not given stays. Clinicians of a centre cannot change their own fee."""

    is_active: bool = Field(default=True, description="Off ends all their sign-ins at once.")
    is_available: bool = Field(default=True, description="Whether new bookings are taken.")
    plan: Annotated[Plan, Upper] = Field(default=Plan.FREE, description="For administrators.")
    plan_expires_at: Instant | None = Field(None, description="For administrators: null is without an end.")
    force: bool = Field(default=False, description="Go on although appointments are to come; they stay.")


class Removal(Query):
    force: bool = Field(
        default=False, description="Cancel the appointments to come, and tell their patients."
    )
    reason: Line = Field("", description="Why they are cancelled.")


def clinician_card(
    clinician: Clinician, first: Slot | None, known_as: ApprovalStatus | None
) -> ClinicianCard:
    """`known_as` is for staff and the clinician, who see how to reach them; None for everybody else."""
    return ClinicianCard(**_card(clinician, first, known_as))


def clinician_detail(
    clinician: Clinician, services: list[Service], slots: list[Slot], known_as: ApprovalStatus | None
) -> ClinicianDetail:
    """`slots` are the next free ones."""
    return ClinicianDetail(
        **_card(clinician, next(iter(slots), None), known_as),
        certifications=clinician.certifications,
        achievements=clinician.achievements,
        affiliation=clinician.affiliation,
        timezone=clinician.time_zone,
        primary_centre_id=clinician.primary_centre_id,
        centres=[
            centre_shape(centre)
            for centre in clinician.centres
            if centre.deleted_at is None and (centre.is_active or known_as)
        ],
        services=[service_shape(service, clinician.currency) for service in services],
        availability=NextTimes(
            timezone=clinician.time_zone,
            is_available=clinician.is_accepting,
            next_slots=[other_time(slot) for slot in slots],
        ),
        reviews=Reviews(),
        requires_acceptance=clinician.requires_acceptance,
        credit_fee=clinician.credit_fee,
        default_consultation_duration_minutes=clinician.default_duration_minutes,
        plan=Plan(clinician.plan) if known_as else None,
        plan_expires_at=clinician.plan_expires_at if known_as else None,
    )


def _card(clinician: Clinician, first: Slot | None, known_as: ApprovalStatus | None) -> dict[str, Any]:
    return {
        "id": clinician.id,
        "user_id": clinician.account_id,
        "slug": clinician.slug,
        "full_name": clinician.full_name,
        "headline": clinician.headline,
        "bio": clinician.bio,
        "profile_picture_url": clinician.profile_picture_url,
        "specialization": clinician.specialization,
        "qualification": clinician.qualification,
        "languages": clinician.languages,
        "years_of_experience": clinician.years_of_experience,
        "consultation_fee": amount(clinician.consultation_fee_minor, clinician.currency),
        "currency": clinician.currency,
        "verified": clinician.approved_at is not None,
        "is_active": clinician.is_active,
        "is_available": clinician.is_accepting,
        "next_available_slot": other_time(first) if first else None,
        "approval_status": known_as,
        **{name: value if known_as else None for name, value in _hidden(clinician).items()},
    }


def _hidden(clinician: Clinician) -> dict[str, Any]:
    account = clinician.account
    return {
        "phone": account.phone,
        "email": account.email,
        "username": account.username,
        "is_email_verified": account.email_verified_at is not None,
        "approved_at": clinician.approved_at,
    }
