"""Who may do what: the only table of roles and permissions.

Which rows they may touch is said by `visible_to` of each capability.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from portal.core.codes import Code


class Role(Code):
    """The seven roles. `number` is the documented roleId."""

    ADMIN = "ADMIN"
    MANAGER = "MANAGER"
    CLINICIAN = "CLINICIAN"
    CENTRE_MANAGER = "CENTRE_MANAGER"
    CARE_COORDINATOR = "CARE_COORDINATOR"
    FRONT_DESK = "FRONT_DESK"
    PATIENT = "PATIENT"

    @property
    def number(self) -> int:
        return list(Role).index(self) + 1

    @property
    def is_staff(self) -> bool:
        """Anyone who works for the practice, clinicians included."""
        return self is not Role.PATIENT

    @property
    def is_bound_to_centre(self) -> bool:
        """Works for one centre and sees only what belongs to it."""
        return self in {Role.CENTRE_MANAGER, Role.CARE_COORDINATOR, Role.FRONT_DESK}


# Whom a role may be managed by: a lower number stands higher.
RANK = {
    Role.ADMIN: 0,
    Role.MANAGER: 1,
    Role.CENTRE_MANAGER: 2,
    Role.CARE_COORDINATOR: 3,
    Role.CLINICIAN: 3,
    Role.FRONT_DESK: 4,
    Role.PATIENT: 5,
}


class Permission(Code):
    """Named noun:verb, in alphabetical order; ":own" where only one's own is meant."""

    ANALYTICS_OWN = "analytics:own"
    APPOINTMENT_ARRIVE = "appointment:arrive"
    APPOINTMENT_BOOK_FOR_OTHERS = "appointment:book-for-others"
    APPOINTMENT_BOOK_OWN = "appointment:book:own"
    APPOINTMENT_CANCEL = "appointment:cancel"
    APPOINTMENT_EDIT = "appointment:edit"
    APPOINTMENT_OVERBOOK = "appointment:overbook"
    APPOINTMENT_RESCHEDULE = "appointment:reschedule"
    APPOINTMENT_SET_FEE = "appointment:set-fee"
    APPOINTMENT_SET_STATUS = "appointment:set-status"
    APPOINTMENT_VIEW = "appointment:view"
    AUDIT_VIEW = "audit:view"
    AVAILABILITY_EDIT = "availability:edit"
    CATEGORY_EDIT = "category:edit"
    CENTRE_CREATE = "centre:create"
    CENTRE_DELETE = "centre:delete"
    CENTRE_EDIT = "centre:edit"
    CENTRE_SWITCH = "centre:switch"
    CENTRE_VIEW_ALL = "centre:view-all"
    CLINICIAN_APPROVE = "clinician:approve"
    CLINICIAN_DELAY = "clinician:delay"
    CLINICIAN_MANAGE = "clinician:manage"
    CLINICIAN_PROFILE_OWN = "clinician:profile:own"
    CONFIRMATION_SEND = "confirmation:send"
    CONVERSATION_OWN = "conversation:own"
    CREDIT_OWN = "credit:own"
    CREDIT_VIEW = "credit:view"
    DAY_BOARD_VIEW = "day-board:view"
    DAY_SCHEDULE_OWN = "day-schedule:own"
    DELIVERY_HANDLE = "delivery:handle"
    DELIVERY_LIST = "delivery:list"
    DELIVERY_VIEW = "delivery:view"
    EARNINGS_OWN = "earnings:own"
    EARNINGS_VIEW = "earnings:view"
    EXPORT_RUN = "export:run"
    HEALTH_VIEW = "health:view"
    IMPORT_RUN = "import:run"
    MEDICAL_NOTE_WRITE = "medical-note:write"
    NOTIFICATION_OWN = "notification:own"
    PATIENT_CREATE = "patient:create"
    PATIENT_EDIT = "patient:edit"
    PATIENT_MEDICAL_HISTORY = "patient:medical-history"
    PATIENT_MERGE = "patient:merge"
    PATIENT_PROFILE_OWN = "patient:profile:own"
    PATIENT_REMOVE = "patient:remove"
    PATIENT_VIEW = "patient:view"
    PAYMENT_LINK_SEND = "payment-link:send"
    PAYMENT_OWN = "payment:own"
    PAYMENT_REFUND = "payment:refund"
    PAYMENT_TAKE = "payment:take"
    PAYMENT_VIEW = "payment:view"
    PAYOUT_MAKE = "payout:make"
    PLAN_EDIT = "plan:edit"
    PRACTICE_EDIT = "practice:edit"
    QUOTATION_MANAGE = "quotation:manage"
    QUOTATION_OWN = "quotation:own"
    RECEIPT_VIEW = "receipt:view"
    REMINDER_SEND = "reminder:send"
    SERVICE_EDIT = "service:edit"
    SESSION_OWN = "session:own"
    STAFF_CREATE = "staff:create"
    STAFF_EDIT = "staff:edit"
    STAFF_SWITCH = "staff:switch"
    STAFF_VIEW = "staff:view"
    SUBSCRIPTION_OWN = "subscription:own"
    TEMPLATE_EDIT = "template:edit"
    WAITING_LIST_MANAGE = "waiting-list:manage"
    WAITING_LIST_OWN = "waiting-list:own"


P = Permission
_OWN = {P.CONVERSATION_OWN, P.CREDIT_OWN, P.NOTIFICATION_OWN, P.SESSION_OWN}
_DESK = _OWN | {
    P.APPOINTMENT_ARRIVE,
    P.APPOINTMENT_BOOK_FOR_OTHERS,
    P.APPOINTMENT_CANCEL,
    P.APPOINTMENT_SET_FEE,
    P.APPOINTMENT_VIEW,
    P.CLINICIAN_DELAY,
    P.CONFIRMATION_SEND,
    P.DAY_BOARD_VIEW,
    P.DELIVERY_HANDLE,
    P.PATIENT_CREATE,
    P.PATIENT_EDIT,
    P.PATIENT_VIEW,
    P.PAYMENT_LINK_SEND,
    P.PAYMENT_TAKE,
    P.PAYMENT_VIEW,
    P.RECEIPT_VIEW,
    P.WAITING_LIST_MANAGE,
}
_COORDINATION = _DESK | {
    P.APPOINTMENT_EDIT,
    P.APPOINTMENT_OVERBOOK,
    P.APPOINTMENT_RESCHEDULE,
    P.APPOINTMENT_SET_STATUS,
}
_CENTRE_MANAGEMENT = _COORDINATION | {
    P.AVAILABILITY_EDIT,
    P.CENTRE_EDIT,
    P.CENTRE_VIEW_ALL,
    P.CLINICIAN_MANAGE,
    P.DELIVERY_VIEW,
    P.EXPORT_RUN,
    P.PATIENT_MERGE,
    P.SERVICE_EDIT,
}
_MANAGEMENT = _CENTRE_MANAGEMENT | {
    P.AUDIT_VIEW,
    P.CATEGORY_EDIT,
    P.CENTRE_CREATE,
    P.CENTRE_SWITCH,
    P.DELIVERY_LIST,
    P.EARNINGS_VIEW,
    P.IMPORT_RUN,
    P.PATIENT_REMOVE,
    P.PAYMENT_REFUND,
    P.PAYOUT_MAKE,
    P.QUOTATION_MANAGE,
    P.REMINDER_SEND,
    P.STAFF_CREATE,
    P.STAFF_SWITCH,
}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(
        _MANAGEMENT
        | {
            P.CENTRE_DELETE,
            P.CLINICIAN_APPROVE,
            P.CREDIT_VIEW,
            P.HEALTH_VIEW,
            P.MEDICAL_NOTE_WRITE,
            P.PATIENT_MEDICAL_HISTORY,
            P.PLAN_EDIT,
            P.PRACTICE_EDIT,
            P.STAFF_EDIT,
            P.STAFF_VIEW,
            P.TEMPLATE_EDIT,
        }
    ),
    Role.MANAGER: frozenset(_MANAGEMENT | {P.STAFF_VIEW}),
    Role.CENTRE_MANAGER: frozenset(_CENTRE_MANAGEMENT),
    Role.CARE_COORDINATOR: frozenset(_COORDINATION),
    Role.FRONT_DESK: frozenset(_DESK),
    Role.CLINICIAN: frozenset(
        _OWN
        | {
            P.ANALYTICS_OWN,
            P.APPOINTMENT_ARRIVE,
            P.APPOINTMENT_BOOK_FOR_OTHERS,
            P.APPOINTMENT_CANCEL,
            P.APPOINTMENT_EDIT,
            P.APPOINTMENT_RESCHEDULE,
            P.APPOINTMENT_SET_FEE,
            P.APPOINTMENT_SET_STATUS,
            P.APPOINTMENT_VIEW,
            P.AVAILABILITY_EDIT,
            P.CLINICIAN_DELAY,
            P.CLINICIAN_PROFILE_OWN,
            P.DAY_SCHEDULE_OWN,
            P.EARNINGS_OWN,
            P.MEDICAL_NOTE_WRITE,
            P.PATIENT_CREATE,
            P.PATIENT_EDIT,
            P.PATIENT_MEDICAL_HISTORY,
            P.PATIENT_REMOVE,
            P.PATIENT_VIEW,
            P.QUOTATION_OWN,
            P.RECEIPT_VIEW,
            P.SERVICE_EDIT,
        }
    ),
    Role.PATIENT: frozenset(
        _OWN
        | {
            P.ANALYTICS_OWN,
            P.APPOINTMENT_BOOK_OWN,
            P.PATIENT_PROFILE_OWN,
            P.PAYMENT_OWN,
            P.SUBSCRIPTION_OWN,
            P.WAITING_LIST_OWN,
        }
    ),
}


class Gate(StrEnum):
    """What somebody who signed up by themself still waits for. Until then only the way there is open."""

    EMAIL = "EMAIL"
    APPROVAL = "APPROVAL"


OPEN_BEFORE_THE_GATE = frozenset({P.CLINICIAN_PROFILE_OWN, P.PATIENT_PROFILE_OWN, P.SESSION_OWN})


@dataclass(frozen=True)
class Actor:
    """Whoever acts: a signed-in person, a visitor without an account, or the system itself.

    `appointment_id` is set for a patient who comes by the signed link of one appointment: nothing else is theirs.
    """

    account_id: int | None = None
    role: Role | None = None
    full_name: str = ""
    is_super_admin: bool = False
    centre_ids: frozenset[int] = frozenset()
    clinician_id: int | None = None
    patient_id: int | None = None
    patient_resource_id: int | None = None
    appointment_id: int | None = None
    cares_for: frozenset[int] = frozenset()
    is_system: bool = False
    extra: frozenset[Permission] = field(default_factory=frozenset)
    waits_for: "Gate | None" = None

    @property
    def is_signed_in(self) -> bool:
        return self.account_id is not None

    @property
    def is_staff(self) -> bool:
        return self.role is not None and self.role.is_staff

    @property
    def patient_ids(self) -> frozenset[int]:
        """The records that are theirs as a patient: their own, and those of the people they look after."""
        return frozenset() if self.patient_id is None else self.cares_for | {self.patient_id}

    def may(self, permission: Permission) -> bool:
        """Does the table allow it? `extra` holds what a practice setting adds to the role."""
        return self.role is not None and (permission in GRANTS[self.role] or permission in self.extra)

    def as_patient(self) -> "Actor":
        """The same person as a patient of colleagues: with what is theirs as a patient, under patients' rules."""
        return replace(self, role=Role.PATIENT, clinician_id=None, centre_ids=frozenset(), extra=frozenset())

    def may_at(self, centre_id: int | None) -> bool:
        """May this member of staff deal with what belongs to that centre?"""
        if self.role is None or self.role is Role.PATIENT:
            return False
        return not self.role.is_bound_to_centre or centre_id in self.centre_ids


VISITOR = Actor()
SYSTEM = Actor(is_system=True, full_name="System")
