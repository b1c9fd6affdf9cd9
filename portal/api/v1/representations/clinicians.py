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
    Query,
    Shape,
    Text,
    Unique,
    Upper,
    amount,
)
from portal.api.v1.representations.centres import CentreShape, centre_shape
from portal.api.v1.representations.services import Minutes, ServiceShape, service_shape
from portal.api.v1.representations.slots import OtherTime, Zone, other_time
from portal.appointments.slots import Slot
from portal.people.models import Clinician
from portal.scheduling.models import Service

Name = Annotated[str, Field(max_length=100)]
Words = Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=40), Unique]
Url = Annotated[str, Field(pattern=r"^(https?://\S+)?$", max_length=500)]
Years = Annotated[int, Field(ge=0, le=80)]


class ApprovalStatus(StrEnum):
    PENDING = "PENDING"
    APPROVED = "APPROVED"


class ClinicianCard(Shape):
    """Ratings come with reviews: nobody is rated yet."""

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


class Reviews(Shape):
    avg_rating: float | None = None
    total_reviews: int = 0
    recent_reviews: list[str] = []


class ClinicianDetail(ClinicianCard):
    certifications: list[str]
    achievements: list[str]
    affiliation: str
    timezone: str
    primary_centre_id: int | None
    centres: list[CentreShape]
    services: list[ServiceShape]
    reviews: Reviews
    requires_acceptance: bool
    default_consultation_duration_minutes: int
    phone: str | None = Field(description="For staff and themself.")
    email: str | None = Field(description="For staff and themself.")
    username: str | None = Field(description="For staff and themself.")
    is_email_verified: bool | None = Field(description="For staff and themself.")
    approval_status: ApprovalStatus | None = Field(description="For staff and themself.")
    approved_at: datetime | None = Field(description="For staff and themself.")


class ClinicianQuery(Listing):
    search: Annotated[str, Field(max_length=80, description="Words of a name, field of work or service.")] = (
        ""
    )
    specialization: Line = ""
    language: Line = ""
    centre_id: Id | None = None
    session_type: Annotated[Literal["ONLINE", "IN_PERSON"], Upper] | None = None
    max_price: Amount | None = None
    min_rating: (
        Annotated[int, Field(ge=1, le=5, description="Nobody is rated yet, so nobody has one.")] | None
    ) = None
    availability: bool = Field(
        default=False, description="True: only who has a free time, the earliest first."
    )
    approval_status: Annotated[ApprovalStatus, Upper] | None = Field(
        None, description="For managers: clinicians whom the public does not see too."
    )
    is_active: bool | None = Field(None, description="For managers, as approvalStatus.")


class ClinicianFacts(Body):
    """What is not given stays. Clinicians of a centre cannot change their own fee."""

    full_name: Name = ""
    title: Annotated[str, Field(max_length=30)] = ""
    phone: Line | None = None
    email: Line | None = None
    username: Line | None = None
    headline: Line = ""
    bio: Text = ""
    profile_picture_url: Url = ""
    specialization: Words = []
    qualification: Words = []
    certifications: Words = []
    achievements: Words = []
    affiliation: Line = ""
    languages: Words = []
    years_of_experience: Years | None = None
    consultation_fee: Amount = 0
    primary_centre_id: Id | None = None
    centre_ids: Annotated[list[Id], Field(max_length=100), Unique] = []
    default_consultation_duration_minutes: Minutes = 60
    requires_acceptance: bool = False


class NewClinician(ClinicianFacts):
    full_name: Annotated[str, Field(min_length=1, max_length=100)]
    password: Annotated[str, Field(max_length=256)] | None = None
    timezone: Zone | None = Field(None, description="For who works online and at no centre.")
    currency: Annotated[str, Field(max_length=3)] | None = Field(None, description="As timezone.")


class ClinicianChanges(ClinicianFacts):
    is_active: bool = Field(default=True, description="Off ends all their sign-ins at once.")
    is_available: bool = Field(default=True, description="Whether new bookings are taken.")
    force: bool = Field(default=False, description="Go on although appointments are to come; they stay.")


class Removal(Query):
    force: bool = Field(
        default=False, description="Cancel the appointments to come, and tell their patients."
    )
    reason: Line = Field("", description="Why they are cancelled.")


def clinician_card(clinician: Clinician, first: Slot | None) -> ClinicianCard:
    return ClinicianCard(**_card(clinician, first))


def clinician_detail(
    clinician: Clinician, services: list[Service], first: Slot | None, *, is_known: bool
) -> ClinicianDetail:
    """`is_known`: for staff and the clinician, who see how to reach them."""
    account = clinician.account
    status = ApprovalStatus.APPROVED if clinician.approved_at else ApprovalStatus.PENDING
    return ClinicianDetail(
        **_card(clinician, first),
        certifications=clinician.certifications,
        achievements=clinician.achievements,
        affiliation=clinician.affiliation,
        timezone=clinician.time_zone,
        primary_centre_id=clinician.primary_centre_id,
        centres=[centre_shape(centre) for centre in clinician.centres if centre.deleted_at is None],
        services=[service_shape(service, clinician.currency) for service in services],
        reviews=Reviews(),
        requires_acceptance=clinician.requires_acceptance,
        default_consultation_duration_minutes=clinician.default_duration_minutes,
        phone=account.phone if is_known else None,
        email=account.email if is_known else None,
        username=account.username if is_known else None,
        is_email_verified=account.email_verified_at is not None if is_known else None,
        approval_status=status if is_known else None,
        approved_at=clinician.approved_at if is_known else None,
    )


def _card(clinician: Clinician, first: Slot | None) -> dict[str, Any]:
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
    }
