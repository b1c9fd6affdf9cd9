"""Who may make, change and switch off whom."""

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from portal.accounts.commands import create_staff, delete_staff, edit_staff, set_staff_active
from portal.accounts.errors import AlreadySetUp, LastAdmin, NotYourself
from portal.accounts.models import Account
from portal.accounts.queries import get_visible_staff, search_staff
from portal.accounts.staff import create_first_super_admin
from portal.centres.models import Centre
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Duplicate, Forbidden, Invalid, NotFound, PortalError
from portal.core.permissions import SYSTEM, Actor, Role
from portal.people.acting import actor_for

Hire = Callable[..., Account]
Acting = Callable[[Account], Actor]
ADMIN = Actor(role=Role.ADMIN)
SUPER = Actor(role=Role.ADMIN, is_super_admin=True)
MANAGER = Actor(role=Role.MANAGER)
CENTRE_MANAGER = Actor(role=Role.CENTRE_MANAGER)
FACTS = {"full_name": "Mo Hale", "phone": None, "email": None, "username": "mohale", "password": None}


@pytest.mark.parametrize(
    ("by", "role", "is_allowed"),
    [
        (SUPER, Role.ADMIN, True),
        (ADMIN, Role.ADMIN, False),
        (ADMIN, Role.MANAGER, True),
        (ADMIN, Role.FRONT_DESK, True),
        (MANAGER, Role.FRONT_DESK, True),
        (MANAGER, Role.CARE_COORDINATOR, False),
        (MANAGER, Role.MANAGER, False),
        (MANAGER, Role.ADMIN, False),
        (CENTRE_MANAGER, Role.FRONT_DESK, False),
    ],
)
def test_who_makes_whom(session: Session, centre: Centre, *, by: Actor, role: Role, is_allowed: bool) -> None:
    def act() -> Account:
        return create_staff(session, by=by, role=role, centre_id=centre.id, at=clock.now(), **FACTS)  # type: ignore[arg-type]

    if is_allowed:
        assert act().role == role
    else:
        with pytest.raises(Forbidden):
            act()


@pytest.mark.parametrize("role", [Role.PATIENT, Role.CLINICIAN])
def test_patients_and_clinicians_are_not_made_as_staff(
    session: Session, frozen: datetime, role: Role
) -> None:
    with pytest.raises(Invalid):
        create_staff(session, by=SUPER, role=role, centre_id=None, at=frozen, **FACTS)  # type: ignore[arg-type]


def test_nobody_but_the_system_makes_a_super_admin(session: Session, frozen: datetime) -> None:
    with pytest.raises(Forbidden):
        create_staff(
            session,
            by=SUPER,
            role=Role.ADMIN,
            centre_id=None,
            is_super_admin=True,
            at=frozen,
            **FACTS,  # type: ignore[arg-type]
        )


def test_the_first_super_admin_is_made_once(session: Session, frozen: datetime) -> None:
    first = create_first_super_admin(
        session, full_name="Ada Reed", email="ada@example.org", password="Aa1!aaaa", at=frozen
    )
    assert (first.role, first.is_super_admin) == (Role.ADMIN, True)
    with pytest.raises(AlreadySetUp):
        create_first_super_admin(
            session, full_name="Eve", email="eve@example.org", password="Aa1!aaaa", at=frozen
        )


def test_people_of_a_centre_need_one(session: Session, hire: Hire) -> None:
    with pytest.raises(Invalid) as refused:
        hire(Role.CARE_COORDINATOR, centre_id=None)
    assert "centre_id" in refused.value.details


def test_a_centre_that_is_not_there_is_named(session: Session, hire: Hire) -> None:
    with pytest.raises(Invalid) as refused:
        in_transaction(session, lambda: hire(centre_id=987654))
    assert "centre_id" in refused.value.details


@pytest.mark.parametrize("field", ["phone", "email", "username"])
def test_a_duplicate_names_its_field(session: Session, hire: Hire, field: str) -> None:
    fay = in_transaction(session, hire)
    value = getattr(fay, field)
    with pytest.raises(Duplicate) as refused:
        in_transaction(session, lambda: hire(**{field: value.upper()}))
    assert list(refused.value.details) == [field]


def test_a_weak_password_names_its_field(hire: Hire) -> None:
    with pytest.raises(Invalid) as refused:
        hire(password="password")
    assert list(refused.value.details) == ["password"]


def test_the_title_is_kept_apart_from_the_name(hire: Hire) -> None:
    dr = hire(full_name="Dr. Mo Hale")
    assert (dr.title, dr.full_name) == ("Dr", "Mo Hale")


def test_a_manager_switches_lower_roles_only(session: Session, frozen: datetime, hire: Hire) -> None:
    fay = hire(Role.FRONT_DESK)
    assert not set_staff_active(session, fay, by=MANAGER, is_active=False, at=frozen).is_active
    for role in (Role.ADMIN, Role.MANAGER):
        colleague = hire(role)
        with pytest.raises(Forbidden):
            set_staff_active(session, colleague, by=MANAGER, is_active=False, at=frozen)


def test_an_admin_leaves_other_admins_alone(session: Session, frozen: datetime, hire: Hire) -> None:
    other = hire(Role.ADMIN)
    with pytest.raises(Forbidden):
        delete_staff(session, other, by=ADMIN, at=frozen)
    with pytest.raises(Forbidden):
        edit(session, other, by=ADMIN, at=frozen, full_name="Renamed")


def test_nobody_switches_off_deletes_or_promotes_themselves(
    session: Session, frozen: datetime, hire: Hire, acting: Acting
) -> None:
    hire(Role.ADMIN, is_super_admin=True)
    me = hire(Role.ADMIN, is_super_admin=True)
    for act in (
        lambda: set_staff_active(session, me, by=acting(me), is_active=False, at=frozen),
        lambda: delete_staff(session, me, by=acting(me), at=frozen),
        lambda: edit(session, me, by=acting(me), at=frozen, role=Role.MANAGER),
    ):
        with pytest.raises(NotYourself):
            act()
    edit(session, me, by=acting(me), at=frozen, full_name="Ada Newname")
    assert me.full_name == "Ada Newname"


def test_the_last_admin_stays(session: Session, frozen: datetime, hire: Hire) -> None:
    ada = hire(Role.ADMIN)
    for act in (
        lambda: set_staff_active(session, ada, by=SUPER, is_active=False, at=frozen),
        lambda: delete_staff(session, ada, by=SUPER, at=frozen),
        lambda: edit(session, ada, by=SUPER, at=frozen, role=Role.MANAGER),
    ):
        with pytest.raises(LastAdmin):
            act()


def test_the_last_super_admin_stays_though_there_are_other_admins(
    session: Session, frozen: datetime, hire: Hire
) -> None:
    ada = hire(Role.ADMIN, is_super_admin=True)
    hire(Role.ADMIN)
    with pytest.raises(LastAdmin):
        delete_staff(session, ada, by=SUPER, at=frozen)


def test_two_super_admins_cannot_remove_each_other_at_the_same_moment(
    committed: Engine, frozen: datetime
) -> None:
    with Session(committed, expire_on_commit=False) as session:
        pair = [in_transaction(session, partial(_super, session, name, frozen)) for name in ("ada", "eve")]
        actors = [actor_for(session, account) for account in pair]
    start = threading.Barrier(2)
    refused: list[PortalError] = []

    def remove(by: Actor, account_id: int) -> None:
        with Session(committed) as session:
            account = session.get_one(Account, account_id)
            start.wait()
            try:
                in_transaction(session, lambda: delete_staff(session, account, by=by, at=frozen))
            except LastAdmin as error:
                refused.append(error)

    threads = [threading.Thread(target=remove, args=(actors[i], pair[1 - i].id)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with Session(committed) as session:
        left = select(func.count()).where(Account.deleted_at.is_(None), Account.is_active)
        assert session.scalar(left) == 1
    assert len(refused) == 1


def test_a_deleted_colleague_is_gone_and_may_be_hired_again(
    session: Session, frozen: datetime, hire: Hire
) -> None:
    fay = hire(username="fay", email="fay@example.org", phone="+447700900123")
    delete_staff(session, fay, by=ADMIN, at=frozen)
    with pytest.raises(NotFound):
        get_visible_staff(session, ADMIN, fay.id)
    again = in_transaction(
        session, lambda: hire(username="fay", email="fay@example.org", phone="+447700900123")
    )
    assert again.id != fay.id


def test_a_move_from_one_centre_to_none_with_a_new_role(
    session: Session, frozen: datetime, hire: Hire
) -> None:
    fay = hire(Role.FRONT_DESK)
    edit(session, fay, by=ADMIN, at=frozen, role=Role.MANAGER)
    assert (fay.role, fay.centre_id) == (Role.MANAGER, None)


@pytest.mark.parametrize(
    ("actor", "roles"),
    [
        (SUPER, {"ADMIN", "MANAGER", "CENTRE_MANAGER", "FRONT_DESK"}),
        (ADMIN, {"MANAGER", "CENTRE_MANAGER", "FRONT_DESK"}),
        (MANAGER, {"CENTRE_MANAGER", "FRONT_DESK"}),
        (CENTRE_MANAGER, set()),
        (Actor(), set()),
        (Actor(account_id=1, role=Role.PATIENT), set()),
    ],
)
def test_who_sees_whom(session: Session, hire: Hire, actor: Actor, roles: set[str]) -> None:
    for role in (Role.ADMIN, Role.MANAGER, Role.CENTRE_MANAGER, Role.FRONT_DESK):
        hire(role)
    session.add(Account(role=Role.PATIENT, phone="+447700900999", full_name="Ana Field"))
    session.flush()
    assert {account.role for account in search_staff(session, actor).items} == roles


def test_staff_are_found_by_part_of_name_email_phone_role_and_centre(
    session: Session, centre: Centre, hire: Hire
) -> None:
    fay = hire(full_name="Fay Marsh", email="fay@example.org", phone="+447700900123")
    mo = hire(Role.MANAGER, full_name="Mo Hale")
    for search in ("mars", "FAY@", "900123"):
        assert list(search_staff(session, ADMIN, search=search).items) == [fay]
    assert list(search_staff(session, ADMIN, role=Role.MANAGER).items) == [mo]
    assert list(search_staff(session, ADMIN, centre_id=centre.id).items) == [fay]
    assert list(search_staff(session, ADMIN, search="%").items) == []


def test_pages_of_staff(session: Session, hire: Hire) -> None:
    names = [hire(full_name=f"Person {letter}").full_name for letter in "abcde"]
    second = search_staff(session, ADMIN, page=2, limit=2)
    assert [account.full_name for account in second.items] == names[2:4]
    assert (second.total, second.total_pages, second.has_next, second.has_prev) == (5, 3, True, True)
    assert search_staff(session, ADMIN, page=10**12).items == []
    assert search_staff(session, ADMIN, limit=1000).limit == 100
    with pytest.raises(Invalid):
        search_staff(session, ADMIN, page=0)


def edit(session: Session, account: Account, *, by: Actor, at: datetime, **changes: object) -> Account:
    facts: dict[str, object] = {
        "role": account.role_name,
        "full_name": account.full_name,
        "phone": account.phone,
        "email": account.email,
        "username": account.username,
        "centre_id": account.centre_id,
    }
    return edit_staff(session, account, by=by, at=at, **{**facts, **changes})  # type: ignore[arg-type]


def _super(session: Session, name: str, at: datetime) -> Account:
    return create_staff(
        session,
        by=SYSTEM,
        role=Role.ADMIN,
        full_name=name.title(),
        phone=None,
        email=None,
        username=name,
        password=None,
        centre_id=None,
        is_super_admin=True,
        at=at,
    )
