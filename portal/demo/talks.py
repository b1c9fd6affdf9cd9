"""A few conversations and what people were told of them in-app, so that their pages have something to show."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.conversations.models import Conversation, ConversationMessage
from portal.demo.bulk import insert_numbered
from portal.demo.people import DEMO_PATIENT, LONDON
from portal.demo.practice import Practice
from portal.notifications.models import Notification

CLINICIAN = "Dr Amara Osei"
WITH_THE_CLINICIAN = (
    (True, 52, "Hello, shall I bring the letter from my last visit at the hospital?"),
    (False, 49, "Yes, please, and a list of what you take. We will look through it together."),
    (True, 48, "Thank you, I will."),
    (False, 3, "See you soon. If you come by bus: the stop at the corner is closed this week."),
)
WITH_THE_TEAM = (
    (True, 75, "Is there step-free access from the car park?"),
    (False, 74, "There is, by the door on the left. Ring the bell and we come to meet you."),
    (True, 1, "Wonderful. Could I also come ten minutes earlier?"),
)
Talk = tuple[tuple[bool, int, str], ...]


def write(session: Session, practice: Practice, at: datetime) -> None:
    """The demo's patient with their clinician, who wrote last, and with the desk of Riverside."""
    maya = next(
        seen.actor.account_id
        for seen in practice.patients
        if seen.person.full_name == DEMO_PATIENT[0] and seen.actor and seen.actor.account_id
    )
    osei = next(one.clinician.account_id for one in practice.working if one.clinician.full_name == CLINICIAN)
    riverside = next(one.centre.id for one in practice.patients if one.person.centre == LONDON)
    desk = practice.desks[riverside].account_id or 0
    first, second = sorted((maya, osei))
    talk = _talk(
        session,
        {"account_id": first, "other_account_id": second},
        WITH_THE_CLINICIAN,
        asks=maya,
        answers=osei,
        at=at,
    )
    team = {"account_id": maya, "centre_id": riverside}
    _talk(session, team, WITH_THE_TEAM, asks=maya, answers=desk, at=at)
    session.add(
        Notification(
            account_id=maya,
            kind="new_message",
            title=f"New message from {CLINICIAN}",
            action="view",
            related_id=talk.id,
            created_at=at - timedelta(hours=WITH_THE_CLINICIAN[-1][1]),
            updated_at=at - timedelta(hours=WITH_THE_CLINICIAN[-1][1]),
        )
    )
    session.flush()


def _talk(
    session: Session, sides: dict[str, int], said: Talk, *, asks: int, answers: int, at: datetime
) -> Conversation:
    """Hours are before `at`. The last line is still to be read by the other side."""
    begun = at - timedelta(hours=said[0][1])
    talk = Conversation(created_at=begun, **sides)
    session.add(talk)
    session.flush()
    ids = insert_numbered(
        session,
        ConversationMessage,
        [
            {
                "conversation_id": talk.id,
                "sender_id": asks if is_asked else answers,
                "content": content,
                "created_at": at - timedelta(hours=hours),
            }
            for is_asked, hours, content in said
        ],
    )
    wrote_last = asks if said[-1][0] else answers
    is_first = wrote_last == talk.account_id
    talk.read_by_account, talk.read_by_other = (ids[-1], ids[-2]) if is_first else (ids[-2], ids[-1])
    talk.last_message_id, talk.last_message_at = ids[-1], at - timedelta(hours=said[-1][1])
    return talk
