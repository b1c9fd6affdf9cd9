"""The menus: one table of entries per shell. What is not allowed is not shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import lazy_gettext as _

from portal.core.permissions import Actor, Permission, Role

SHELLS = {
    Role.PATIENT: "patient",
    Role.CLINICIAN: "clinician",
    Role.FRONT_DESK: "desk",
    Role.CARE_COORDINATOR: "desk",
    Role.ADMIN: "admin",
    Role.MANAGER: "admin",
    Role.CENTRE_MANAGER: "admin",
}


def _no_values(_actor: Actor) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a menu. `values` makes the endpoint's arguments from the actor."""

    label: Any
    endpoint: str
    icon: str
    permission: Permission | None = None
    values: Callable[[Actor], dict[str, Any]] = _no_values


@dataclass(frozen=True, slots=True)
class Item:
    label: Any
    href: str
    icon: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Menu:
    """`main` stands first, `end` at the far end of a top bar; `sign_out` is the address to post to."""

    main: list[Item]
    end: list[Item]
    sign_out: str

    @property
    def all(self) -> list[Item]:
        return self.main + self.end


def _own_clinician(actor: Actor) -> dict[str, Any]:
    return {"clinician_id": actor.clinician_id}


FIND = Entry(_("Find a time"), "public.find", "search")
CLINICIANS = Entry(_("Clinicians"), "public.clinicians", "stethoscope")
CENTRES = Entry(_("Centres"), "public.centres", "pin")
BOARD = Entry(_("Day board"), "desk.day", "calendar", Permission.DAY_BOARD_VIEW)
NEW_BOOKING = Entry(_("New booking"), "desk.new_booking", "plus", Permission.APPOINTMENT_BOOK_FOR_OTHERS)
PATIENTS = Entry(_("Patients"), "staff.patients", "users", Permission.PATIENT_VIEW)

MAIN: dict[str, tuple[Entry, ...]] = {
    "public": (FIND, CLINICIANS, CENTRES),
    "patient": (
        Entry(_("Appointments"), "patient.appointments", "calendar", Permission.APPOINTMENT_BOOK_OWN),
        FIND,
        CLINICIANS,
        CENTRES,
    ),
    "clinician": (
        Entry(_("Today"), "clinician.day", "calendar", Permission.DAY_SCHEDULE_OWN),
        Entry(_("Week"), "clinician.week", "week", Permission.DAY_SCHEDULE_OWN),
        PATIENTS,
        Entry(_("Working hours"), "schedules.hours", "clock", Permission.AVAILABILITY_EDIT, _own_clinician),
        Entry(_("Leave"), "schedules.leave", "leave", Permission.AVAILABILITY_EDIT, _own_clinician),
        Entry(_("Services"), "schedules.services", "tag", Permission.SERVICE_EDIT, _own_clinician),
    ),
    "desk": (BOARD, NEW_BOOKING, PATIENTS),
    "admin": (
        Entry(_("Overview"), "admin.overview", "grid"),
        BOARD,
        NEW_BOOKING,
        PATIENTS,
        Entry(_("Clinicians"), "admin.clinicians", "stethoscope", Permission.CLINICIAN_MANAGE),
        Entry(_("Centres"), "admin.centres", "building", Permission.CENTRE_VIEW_ALL),
        Entry(_("Staff"), "admin.staff", "user", Permission.STAFF_VIEW),
        Entry(_("Permissions"), "admin.permissions", "shield", Permission.STAFF_VIEW),
    ),
}
END: dict[str, tuple[Entry, ...]] = {
    "public": (Entry(_("For staff"), "staff_sign_in.new", "key"), Entry(_("Sign in"), "sign_in.new", "user")),
    "patient": (Entry(_("Your details"), "patient.profile", "user", Permission.PATIENT_PROFILE_OWN),),
}
HOMES = {
    "public": "public.home",
    "patient": "patient.appointments",
    "clinician": "clinician.day",
    "desk": "desk.day",
    "admin": "admin.overview",
}


def shell_for(actor: Actor) -> str:
    """The name of the layout an actor lives in; visitors live on the public site."""
    return SHELLS[actor.role] if actor.role else "public"


def menu_for(actor: Actor) -> Menu:
    """The entries of the actor's shell that are allowed."""
    shell = shell_for(actor)
    return Menu(
        main=_items(MAIN[shell], actor),
        end=_items(END.get(shell, ()), actor),
        sign_out=url_for("sign_in.sign_out"),
    )


def home_for(actor: Actor) -> str:
    """Where the brand leads: the first page of the actor's shell."""
    return url_for(HOMES[shell_for(actor)])


def _items(entries: tuple[Entry, ...], actor: Actor) -> list[Item]:
    return [
        Item(
            entry.label,
            url_for(entry.endpoint, **entry.values(actor)),
            entry.icon,
            request.endpoint == entry.endpoint,
        )
        for entry in entries
        if entry.permission is None or actor.may(entry.permission)
    ]
