"""Centres: their zone and currency, who sees them, and when they are closed."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from portal.centres.commands import (
    add_holiday,
    create_centre,
    delete_centre,
    edit_centre,
    remove_holiday,
    set_centre_active,
)
from portal.centres.errors import CurrencyInUse
from portal.centres.models import Centre
from portal.centres.queries import active_centres, get_visible, holidays_of, visible_centres
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Duplicate, Forbidden, Invalid, NotFound
from portal.core.permissions import SYSTEM, Actor, Role
from portal.people.commands import create_clinician

ADMIN = Actor(role=Role.ADMIN)
Make = Callable[..., Centre]
CHRISTMAS = date(2026, 12, 25)


@pytest.fixture
def make(session: Session) -> Make:
    def make(name: str = "Riverside", city: str = "Leeds", **changes: object) -> Centre:
        facts: dict[str, object] = {"time_zone": "Europe/London", "currency": "GBP", "at": clock.now()}
        return create_centre(session, by=ADMIN, name=name, city=city, **{**facts, **changes})  # type: ignore[arg-type]

    return make


def edit(session: Session, centre: Centre, **changes: object) -> Centre:
    names = ("name", "city", "address", "phone", "email", "time_zone", "currency")
    facts: dict[str, object] = {name: getattr(centre, name) for name in names}
    return edit_centre(session, centre, by=ADMIN, at=clock.now(), **{**facts, **changes})  # type: ignore[arg-type]


def test_a_centre_has_a_zone_and_a_currency_that_exist(make: Make) -> None:
    centre = make(
        time_zone="Asia/Kolkata", currency="inr", phone="+44 113 496 0000", email="Front@Example.org"
    )
    assert (centre.zone.key, centre.currency) == ("Asia/Kolkata", "INR")
    assert (centre.phone, centre.email) == ("+441134960000", "front@example.org")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Europe/Leeds"),
        ("time_zone", "../etc/passwd"),
        ("time_zone", ""),
        ("currency", "XXQ"),
        ("currency", "£"),
        ("name", "  "),
        ("city", "x" * 101),
        ("phone", "113"),
        ("email", "front"),
    ],
)
def test_what_cannot_be_used_names_its_field(make: Make, field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        make(**{field: value})
    assert list(refused.value.details) == [field]


def test_a_city_has_one_centre_of_a_name_however_it_is_written(session: Session, make: Make) -> None:
    first = in_transaction(session, make)
    with pytest.raises(Duplicate) as refused:
        in_transaction(session, lambda: make("RIVERSIDE", "leeds"))
    assert "name" in refused.value.details
    make(city="York")
    delete_centre(session, first, by=ADMIN, at=clock.now())
    assert make().id != first.id


def test_the_public_sees_the_centres_that_take_bookings(
    session: Session, frozen: datetime, make: Make
) -> None:
    leeds, york, closed = make("Leeds"), make("York", "York"), make("Closed")
    set_centre_active(session, closed, by=ADMIN, is_active=False, at=frozen)
    assert list(active_centres(session)) == [leeds, york]
    assert list(active_centres(session, city=" yORK ")) == [york]
    assert get_visible(session, Actor(), york.id) is york
    with pytest.raises(NotFound):
        get_visible(session, Actor(), closed.id)
    assert get_visible(session, ADMIN, closed.id) is closed
    assert list(visible_centres(session, ADMIN)) == [closed, leeds, york]


@pytest.mark.parametrize("role", [Role.CENTRE_MANAGER, Role.CARE_COORDINATOR, Role.FRONT_DESK])
def test_people_of_a_centre_see_their_own(session: Session, make: Make, role: Role) -> None:
    own, other = make("Own"), make("Other")
    actor = Actor(role=role, centre_ids=frozenset([own.id]))
    assert list(visible_centres(session, actor)) == [own]
    assert get_visible(session, actor, own.id) is own
    with pytest.raises(Forbidden):
        get_visible(session, actor, other.id)
    with pytest.raises(NotFound):
        get_visible(session, actor, 987654)


def test_a_deleted_centre_is_found_by_nobody(session: Session, frozen: datetime, make: Make) -> None:
    centre = make()
    delete_centre(session, centre, by=ADMIN, at=frozen)
    session.flush()
    for actor in (ADMIN, Actor(), Actor(role=Role.FRONT_DESK, centre_ids=frozenset([centre.id]))):
        with pytest.raises(NotFound):
            get_visible(session, actor, centre.id)


def test_the_currency_stays_once_clinicians_charge_in_it(
    session: Session, frozen: datetime, make: Make
) -> None:
    centre = make()
    assert edit(session, centre, currency="EUR", time_zone="Europe/Paris").currency == "EUR"
    create_clinician(
        session,
        by=SYSTEM,
        full_name="Jane Smith",
        phone="+447700900123",
        email=None,
        username=None,
        password=None,
        centre_ids=[centre.id],
        at=frozen,
    )
    with pytest.raises(CurrencyInUse):
        edit(session, centre, currency="GBP")


def test_a_holiday_closes_a_centre_on_a_date_once(session: Session, frozen: datetime, make: Make) -> None:
    centre, other = make("One"), make("Two")

    def close(whom: Centre, day: date = CHRISTMAS) -> int:
        return add_holiday(session, whom, by=ADMIN, holiday_on=day, name=" Christmas ", at=frozen).id

    holiday_id = in_transaction(session, lambda: close(centre))
    with pytest.raises(Duplicate) as refused:
        in_transaction(session, lambda: close(centre))
    assert "holiday_on" in refused.value.details
    close(other)
    close(centre, date(2026, 1, 1))
    assert [holiday.holiday_on for holiday in holidays_of(session, centre.id)] == [
        date(2026, 1, 1),
        CHRISTMAS,
    ]
    assert [holiday.name for holiday in holidays_of(session, centre.id, since=CHRISTMAS)] == ["Christmas"]
    with pytest.raises(NotFound):
        remove_holiday(session, other, holiday_id, by=ADMIN, at=frozen)
    remove_holiday(session, centre, holiday_id, by=ADMIN, at=frozen)
    session.flush()
    assert len(holidays_of(session, centre.id)) == 1
