"""Two who write to each other first, at the same moment, and many who write into one conversation."""

import pytest
from sqlalchemy.orm import Session

from portal.conversations.commands import send
from portal.conversations.models import ConversationMessage
from portal.core.permissions import Actor
from tests.cast import Cast
from tests.concurrency.crowd import Act, Crowd
from tests.conftest import NOW
from tests.factories import an_appointment

pytestmark = pytest.mark.concurrency


def writing(by: Actor, to: Actor) -> Act:
    def act(session: Session) -> ConversationMessage:
        return send(session, by=by, receiver_account_id=to.account_id, content="Hello", at=NOW)

    return act


def test_first_messages_at_once_make_one_conversation_and_lose_none(crowd: Crowd, cast: Cast) -> None:
    crowd.alone(lambda session: an_appointment(session, clinician=cast.clinician, patient=cast.patient))
    acts = [writing(cast.ana, cast.bo), writing(cast.bo, cast.ana)] * 4
    sent = crowd.at_once(*acts)
    assert [one for one in sent if not isinstance(one, ConversationMessage)] == []
    (row,) = crowd.rows("SELECT last_message_id, read_by_account, read_by_other FROM conversation")
    assert row.last_message_id == max(one.id for one in sent)
    assert crowd.count("SELECT id FROM conversation_message") == 8
    told = crowd.rows("SELECT account_id FROM notification WHERE kind = 'new_message'")
    assert {one for (one,) in told} == {cast.ana.account_id, cast.bo.account_id}
    assert len(told) == 2
