"""Ana has an appointment with Bo at Leeds, where Fay and Cora work; Zora, Zoe and Zack belong to York."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.conversations.commands import send
from portal.conversations.models import ConversationMessage
from portal.core.permissions import Actor
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import an_appointment

Writes = Callable[..., ConversationMessage]


@pytest.fixture
def cast(session: Session) -> Cast:
    cast = Cast(session)
    an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    return cast


@pytest.fixture
def writes(session: Session) -> Writes:
    """writes(cast.ana, to=cast.bo), writes(cast.ana, centre_id=...), or both for a team."""

    def write(
        by: Actor,
        *,
        to: Actor | None = None,
        centre_id: int | None = None,
        content: str = "Hello",
        **more: Any,
    ) -> ConversationMessage:
        receiver = to.account_id if to else None
        facts = {"at": NOW, **more}
        return send(
            session, by=by, receiver_account_id=receiver, centre_id=centre_id, content=content, **facts
        )

    return write
