"""Clinicians from a file: each is added as by hand, and not listed for patients before somebody does so."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Text, any_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.accounts.names import parse_name
from portal.centres.models import Centre
from portal.core.errors import _
from portal.core.money import parse_amount
from portal.core.permissions import Actor, Role
from portal.imports.columns import (
    Column,
    Entry,
    Setting,
    a_name,
    a_number,
    a_phone,
    a_text,
    a_username,
    an_email,
    words,
    yes_or_no,
)
from portal.imports.places import Centres, fold
from portal.imports.problems import BadCell
from portal.people.commands import create_clinician
from portal.people.models import Clinician, ClinicianCentre
from portal.people.profiles import MOST_FEE_MINOR

SIGN_IN = ("email", "phone", "username")
WITHOUT_PASSWORD = ("email", "phone")
"""A code comes to the phone, and a link to choose a password to the email address; a username alone opens nothing."""
USUAL_MINUTES = 60
COLUMNS = (
    Column("full_name", _("With the title, as patients read it: Dr Jane Smith."), a_name, is_needed=True),
    Column("email", _("To sign in, an email address or a phone is needed."), an_email),
    Column("phone", _("Mobile phone, for a code to sign in with."), a_phone, may_begin_with_plus=True),
    Column("username", _("Besides, 3 to 32 letters, digits, dots and hyphens."), a_username),
    Column(
        "centres",
        _("Names of the centres, with commas between them; the first is the main one."),
        a_text(1000),
        is_needed=True,
    ),
    Column("specialization", _("Fields of work, with commas between them."), words(1000)),
    Column("qualification", _("With commas between them."), words(1000)),
    Column("languages", _("With commas between them."), words(1000)),
    Column("years_of_experience", _("A number from 0 to 80."), a_number(0, 80)),
    Column("headline", _("One line under the name."), a_text(150)),
    Column("bio", _("Patients read it before they choose."), a_text(4000)),
    Column("consultation_fee", _("In the main centre’s currency, such as 45.50. Empty is free."), a_text(20)),
    Column("default_duration_minutes", _("Length of a visit, 5 to 480; empty is 60."), a_number(5, 480)),
    Column("requires_acceptance", _("yes if each request waits for an answer, else no or empty."), yes_or_no),
)
EXAMPLE = (
    {
        "full_name": "Dr Jane Example",
        "email": "jane@example.org",
        "phone": "+44 7700 900471",
        "centres": "Riverside",
        "specialization": "Physiotherapy, Sports medicine",
        "languages": "English, German",
        "years_of_experience": "12",
        "consultation_fee": "45.50",
        "default_duration_minutes": "30",
        "requires_acceptance": "no",
    },
)


def check(session: Session, entries: Sequence[Entry], setting: Setting) -> None:
    """Compare the file with itself, with all accounts and all clinicians, in three queries."""
    centres = Centres(session, setting.by)
    for entry in entries:
        _place(entry, centres)
        if not any(entry.values[name] or entry.is_bad(name) for name in WITHOUT_PASSWORD):
            entry.refuse(
                "email",
                "UNREACHABLE",
                _("Give a phone number or an email address to sign in with."),
            )
    _compare_lines(entries)
    _compare_accounts(session, entries)
    _compare_names(session, entries)


def write(session: Session, entries: Sequence[Entry], *, by: Actor, at: datetime) -> None:
    """Add them, in the order of the file, without a password and not listed yet."""
    for entry in entries:
        values, centres = entry.values, entry.found["centres"]
        facts: dict[str, Any] = {
            name: values[name] for name in ("full_name", *SIGN_IN, "years_of_experience")
        }
        facts |= {name: values[name] or () for name in ("specialization", "qualification", "languages")}
        facts |= {name: values[name] or "" for name in ("headline", "bio")}
        create_clinician(
            session,
            by=by,
            **facts,
            password=None,
            centre_ids=[centre.id for centre in centres],
            primary_centre_id=centres[0].id,
            consultation_fee_minor=entry.found["fee_minor"],
            default_duration_minutes=values["default_duration_minutes"] or USUAL_MINUTES,
            requires_acceptance=bool(values["requires_acceptance"]),
            is_accepting=False,
            at=at,
        )


def _place(entry: Entry, centres: Centres) -> None:
    """The centres it names, all of one currency, in which the fee is meant."""
    _try(entry, "centres", lambda text: _find(entry, text, centres))
    if entry.found.get("centres"):
        currency = entry.found["centres"][0].currency
        entry.found["fee_minor"] = 0
        _try(entry, "consultation_fee", lambda text: _price(entry, text, currency))


def _find(entry: Entry, text: str, centres: Centres) -> None:
    found: Sequence[Centre] = centres.several(text)
    if len({centre.currency for centre in found}) > 1:
        raise BadCell("MIXED_CURRENCIES", _("These centres use different currencies; choose centres of one."))
    entry.found["centres"] = found


def _price(entry: Entry, text: str, currency: str) -> None:
    try:
        fee = parse_amount(text, currency).minor
    except ValueError:
        raise BadCell(
            "BAD_AMOUNT", _("Enter an amount in %(currency)s, like 45 or 45.50."), currency=currency
        ) from None
    if not 0 <= fee <= MOST_FEE_MINOR:
        raise BadCell("BAD_AMOUNT", _("Enter an amount from 0 to 10,000,000."))
    entry.found["fee_minor"] = fee


def _try(entry: Entry, column: str, use: Callable[[str], None]) -> None:
    """Use what stands there, if anything usable does; a fault leaves a problem."""
    try:
        if entry.values[column]:
            use(entry.values[column])
    except BadCell as fault:
        entry.refuse(column, fault.code, fault.message, **fault.values)


def _compare_lines(entries: Sequence[Entry]) -> None:
    first: dict[tuple[str, str], int] = {}
    for entry in entries:
        for name in SIGN_IN:
            value = entry.values[name]
            line = first.setdefault((name, value), entry.line) if value else entry.line
            if line != entry.line:
                entry.refuse(name, "DOUBLED_LINE", _("Line %(line)s has the same."), line=line)


def _compare_accounts(session: Session, entries: Sequence[Entry]) -> None:
    """Whoever has all that a line says to sign in with, and the same name, is known; else it is somebody else's."""
    owners = _owners(session, entries)
    for entry in entries:
        given = {name: entry.values[name] for name in SIGN_IN if entry.values[name]}
        taken = {name: owners[name][value] for name, value in given.items() if value in owners[name]}
        people = list(taken.values())
        is_one = bool(people) and all(one == people[0] and one.is_clinician for one in people)
        entry.is_known = is_one and fold(people[0].full_name) == _bare(entry)
        if not entry.is_known:
            for name in taken:
                entry.refuse(name, "TAKEN", _("Somebody else signs in with this already."))


def _owners(session: Session, entries: Sequence[Entry]) -> dict[str, dict[str, Any]]:
    """The accounts by each way to sign in; a phone may be a patient's as well, which is another matter."""
    columns = {"email": Account.email, "phone": Account.phone, "username": Account.username}
    wanted = {name: sorted({one.values[name] for one in entries if one.values[name]}) for name in SIGN_IN}
    is_wanted = [
        columns[name] == any_(bindparam(f"{name}s", wanted[name], type_=ARRAY(Text))) for name in SIGN_IN
    ]
    statement = select(
        Account.id,
        *columns.values(),
        Account.full_name,
        Account.role,
        Clinician.id.is_not(None).label("is_clinician"),
    ).outerjoin(Clinician, Clinician.account_id == Account.id)
    rows = session.execute(statement.where(Account.deleted_at.is_(None), or_(*is_wanted))).all()
    return {
        name: {getattr(row, name): row for row in rows if name != "phone" or row.role != Role.PATIENT}
        for name in SIGN_IN
    }


def _compare_names(session: Session, entries: Sequence[Entry]) -> None:
    """Somebody of the same name at the same centre is likely to be the same person."""
    statement = (
        select(Account.full_name, func.array_agg(ClinicianCentre.centre_id))
        .join(Clinician, Clinician.account_id == Account.id)
        .join(ClinicianCentre, ClinicianCentre.clinician_id == Clinician.id)
        .where(Clinician.deleted_at.is_(None))
        .group_by(Clinician.id, Account.full_name)
    )
    works_at: dict[str, set[int]] = defaultdict(set)
    for full_name, centre_ids in session.execute(statement):
        works_at[fold(full_name)].update(centre_ids)
    for entry in entries:
        here = {centre.id for centre in entry.found.get("centres", ())}
        is_new = not (entry.is_known or entry.problems or not entry.values["full_name"])
        if is_new and here & works_at[_bare(entry)]:
            entry.refuse("full_name", "LIKELY_DUPLICATE", LIKELY_DUPLICATE)


def _bare(entry: Entry) -> str:
    """The name without its title, to be compared."""
    return fold(parse_name(entry.values["full_name"] or "").full_name)


LIKELY_DUPLICATE = _(
    "A clinician of this name works at this centre already, and signs in with something else. "
    "Change that profile by hand and take this line out."
)
