"""Each adapter as it is used, with the stand-in it speaks to."""

from collections.abc import Iterator

import pytest

from tests.notifications.channels.lines import KINDS, Kind, Line, connect
from tests.stand_ins import StandIns, stand_ins


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("sandbox")) as there:
        yield there


@pytest.fixture
def there(running: StandIns) -> StandIns:
    """The stand-ins, well-behaved, with an empty book."""
    running.behaviour.change({})
    running.book.forget()
    return running


@pytest.fixture(params=KINDS, ids=[kind.name for kind in KINDS])
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
def line(kind: Kind, there: StandIns) -> Iterator[Line]:
    with connect(kind, there) as line:
        yield line
