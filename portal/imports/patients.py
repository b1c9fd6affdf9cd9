"""Patients from a file: who is new, who is registered already, and who may be."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ARRAY, Text, any_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from portal.core.db import folded
from portal.core.errors import _
from portal.core.permissions import Actor
from portal.imports.columns import (
    Column,
    Entry,
    Setting,
    a_birth,
    a_name,
    a_phone,
    a_text,
    an_email,
    one_of,
)
from portal.people.commands import create_patients
from portal.people.models import Patient
from portal.people.patient_facts import BLOOD_GROUPS, GENDERS

COLUMNS = (
    Column("full_name", _("First and last name, without a title."), a_name, is_needed=True),
    Column(
        "phone",
        _("With the country code, or as it is dialled at home. A phone or an email address is needed."),
        a_phone,
        may_begin_with_plus=True,
    ),
    Column("email", _("Several people may share one."), an_email),
    Column("date_of_birth", _("With the year first: 1981-06-04."), a_birth),
    Column(
        "gender",
        _("female, male, other or undisclosed."),
        one_of({gender.casefold(): gender for gender in GENDERS}),
    ),
    Column(
        "blood_group",
        _("A+, A-, B+, B-, AB+, AB-, O+ or O-."),
        one_of({group.casefold(): group for group in BLOOD_GROUPS}),
    ),
    Column("emergency_contact_name", _("Whom to call."), a_name),
    Column("emergency_contact_phone", _("Like the phone above."), a_phone, may_begin_with_plus=True),
    Column("lead_source", _("How they came to you, in a few words."), a_text(200)),
)
EXAMPLE = (
    {
        "full_name": "Anna Example",
        "phone": "+44 7700 900461",
        "email": "anna@example.org",
        "date_of_birth": "1981-06-04",
        "gender": "female",
        "emergency_contact_name": "Tom Example",
        "emergency_contact_phone": "+44 7700 900462",
        "lead_source": "Recommended by a friend",
    },
    {"full_name": "Ben Example", "phone": "07700 900463", "blood_group": "O+"},
)


class Known(NamedTuple):
    """A record that is there."""

    full_name: str
    folded_name: str
    phone: str | None
    email: str | None
    date_of_birth: date | None


def check(session: Session, entries: Sequence[Entry], _setting: Setting) -> None:
    """Compare the file with itself and with all records, in two queries however long it is.

    Nothing has to be locked before it is written: the database itself refuses a phone that is taken meanwhile.
    """
    for entry in entries:
        if not (
            entry.values["phone"] or entry.values["email"] or entry.is_bad("phone") or entry.is_bad("email")
        ):
            entry.refuse("phone", "UNREACHABLE", _("Give a phone number or an email address."))
    names = _folded(session, {entry.values["full_name"] for entry in entries if entry.values["full_name"]})
    _compare_lines(entries, names)
    _compare_records(session, entries, names)


def write(session: Session, entries: Sequence[Entry], *, by: Actor, at: datetime) -> None:
    """Register them; nobody is sent a message because of it."""
    people = [
        {**entry.values, "emergency_contact_name": entry.values["emergency_contact_name"] or ""}
        | {"lead_source": entry.values["lead_source"] or ""}
        for entry in entries
    ]
    create_patients(session, by=by, people=people, at=at)


def _folded(session: Session, names: Collection[str]) -> dict[str, str]:
    """Each name without accents and capitals, as the database compares names."""
    name = func.unnest(bindparam("names", sorted(names), type_=ARRAY(Text))).column_valued("name")
    return {row[0]: row[1] for row in session.execute(select(name, folded(name)))}


def _compare_lines(entries: Sequence[Entry], names: dict[str, str]) -> None:
    first: dict[tuple[object, ...], int] = {}
    for entry in entries:
        keys = list(_keys(entry, names))
        earlier = next(((key, first[key]) for key in keys if key in first), None)
        if earlier is not None:
            key, line = earlier
            if key[0] == "phone":
                entry.refuse(
                    "phone", "DOUBLED_LINE", _("Line %(line)s has the same phone number."), line=line
                )
            else:
                message = _("This may be the same person as in line %(line)s.")
                entry.refuse("full_name", "DOUBLED_LINE", message, line=line)
        for key in keys:
            first.setdefault(key, entry.line)


def _keys(entry: Entry, names: dict[str, str]) -> Iterator[tuple[object, ...]]:
    """What no two people of one file have in common."""
    phone, name = entry.values["phone"], names.get(entry.values["full_name"])
    if phone:
        yield "phone", phone
    for detail in ("email", "date_of_birth"):
        if name and entry.values[detail]:
            yield detail, name, entry.values[detail]


def _compare_records(session: Session, entries: Sequence[Entry], names: dict[str, str]) -> None:
    by_phone: dict[str, Known] = {}
    by_name: dict[str, list[Known]] = defaultdict(list)
    for known in _known(session, entries, names):
        by_name[known.folded_name].append(known)
        if known.phone:
            by_phone[known.phone] = known
    for entry in entries:
        name = names.get(entry.values["full_name"])
        if name is not None:
            _compare(entry, name, by_phone.get(entry.values["phone"]), by_name.get(name, []))


def _known(session: Session, entries: Sequence[Entry], names: dict[str, str]) -> list[Known]:
    phones = sorted({entry.values["phone"] for entry in entries if entry.values["phone"]})
    name = folded(Patient.full_name)
    has_phone = Patient.phone == any_(bindparam("phones", phones, type_=ARRAY(Text)))
    has_name = name == any_(bindparam("folded_names", sorted(set(names.values())), type_=ARRAY(Text)))
    statement = select(Patient.full_name, name, Patient.phone, Patient.email, Patient.date_of_birth)
    rows = session.execute(statement.where(Patient.deleted_at.is_(None), or_(has_phone, has_name)))
    return [Known(*row) for row in rows]


def _compare(entry: Entry, name: str, has_phone: Known | None, has_name: Sequence[Known]) -> None:
    """Who has the same name and phone is known; what is there stays as it is, whatever else the line says."""
    if has_phone is not None:
        entry.is_known = has_phone.folded_name == name
        if not entry.is_known:
            message = _("This phone number belongs to a patient who is registered already: %(name)s.")
            entry.refuse("phone", "PHONE_TAKEN", message, name=has_phone.full_name)
        return
    same = [known for known in has_name if _is_alike(entry, known)]
    entry.is_known = bool(same) and not entry.values["phone"]
    if same and entry.values["phone"]:
        entry.refuse("full_name", "LIKELY_DUPLICATE", LIKELY_DUPLICATE)


def _is_alike(entry: Entry, known: Known) -> bool:
    values = entry.values
    has_email = bool(values["email"]) and values["email"] == known.email
    return has_email or (bool(values["date_of_birth"]) and values["date_of_birth"] == known.date_of_birth)


LIKELY_DUPLICATE = _(
    "A patient of this name, with the same email address or date of birth, is registered with another phone number. "
    "Change that record by hand and take this line out."
)
