"""Two who bring in the same people at the same moment: everybody is there once."""

import pytest
from sqlalchemy.orm import Session

from portal.core.errors import Duplicate
from portal.core.permissions import Actor
from portal.imports.commands import bring_in, check_file
from portal.imports.errors import ImportChanged
from portal.imports.models import ImportRun, Kind, RunStatus
from portal.people.commands import create_patient
from tests.cast import Cast
from tests.concurrency.acts import split
from tests.concurrency.crowd import Act, Crowd
from tests.conftest import NOW

pytestmark = pytest.mark.concurrency

FILE = "full_name,phone\n" + "".join(f"Ana Silva,07911 123{number}\n" for number in range(100, 140))
NEW = "SELECT 1 FROM patient WHERE phone LIKE '+447911123%'"


@pytest.fixture
def max_(crowd: Crowd, cast: Cast) -> Actor:
    """A manager who is there for everybody to see."""
    return crowd.alone(lambda session: Cast(session).max)


def checked(crowd: Crowd, by: Actor) -> ImportRun:
    facts = {"kind": Kind.PATIENTS, "file_name": "", "region": "GB", "at": NOW}
    return crowd.alone(lambda session: check_file(session, by=by, content=FILE.encode(), **facts))  # type: ignore[arg-type]


def bringing(run: ImportRun, by: Actor) -> Act:
    return lambda session: bring_in(session, run.id, by=by, region="GB", at=NOW)


def test_a_double_press_brings_the_file_in_once(crowd: Crowd, max_: Actor) -> None:
    press = bringing(checked(crowd, max_), max_)
    done, refused = split(crowd.at_once(press, press, press))
    assert ([run.status for run in done], refused) == ([RunStatus.DONE] * 3, [])
    assert crowd.count(NEW) == 40
    assert crowd.count("SELECT 1 FROM audit_entry WHERE action = 'import.bring-in'") == 1


def test_of_one_file_that_two_bring_in_the_second_has_nothing_new(crowd: Crowd, max_: Actor) -> None:
    runs = [checked(crowd, max_), checked(crowd, max_)]
    done, refused = split(crowd.at_once(*(bringing(run, max_) for run in runs)))
    assert (len(done), [type(one) for one in refused]) == (1, [ImportChanged])
    assert crowd.count(NEW) == 40
    assert crowd.count("SELECT 1 FROM import_run WHERE status = 'READY' AND unchanged_count = 40") == 1


def test_whoever_is_registered_at_the_desk_meanwhile_is_not_doubled(
    crowd: Crowd, cast: Cast, max_: Actor
) -> None:
    run = checked(crowd, max_)

    def register(session: Session) -> object:
        return create_patient(
            session, by=cast.fay, full_name="Bo Ray", phone="+447911123120", email=None, at=NOW
        )

    refused = split(crowd.at_once(bringing(run, max_), register))[1]
    assert len(refused) == 1
    assert isinstance(refused[0], ImportChanged | Duplicate)
    assert crowd.count(NEW) == (1 if isinstance(refused[0], ImportChanged) else 40)
