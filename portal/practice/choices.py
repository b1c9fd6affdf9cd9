"""The rules that are one of a few words."""

from enum import StrEnum


class LateCancellation(StrEnum):
    """What happens when a patient cancels after the deadline."""

    NO_REFUND = "NO_REFUND"
    REQUEST = "REQUEST"
    REFUSE = "REFUSE"


class OnlinePayment(StrEnum):
    """Whether patients pay on the internet when they book: never, if they wish, or always before it is booked."""

    OFF = "OFF"
    OPTIONAL = "OPTIONAL"
    REQUIRED = "REQUIRED"


class PatientWord(StrEnum):
    """What the practice calls the people it sees."""

    PATIENT = "PATIENT"
    CLIENT = "CLIENT"
    CUSTOMER = "CUSTOMER"
    SERVICE_USER = "SERVICE_USER"


class ClinicianWord(StrEnum):
    """What the practice calls those who see them."""

    CLINICIAN = "CLINICIAN"
    CONSULTANT = "CONSULTANT"
    PRACTITIONER = "PRACTITIONER"
    THERAPIST = "THERAPIST"
    SPECIALIST = "SPECIALIST"
    ADVISOR = "ADVISOR"
