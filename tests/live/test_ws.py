"""The documented WebSocket: opened by a ticket alone, once; the same events; messages that are written and received."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from websocket import ABNF, WebSocket, WebSocketBadStatusException

from tests.live.conftest import Served

pytestmark = pytest.mark.concurrency


def next_of(socket: WebSocket, name: str) -> dict[str, Any]:
    """The next frame of that type."""
    while True:
        said: dict[str, Any] = json.loads(socket.recv())
        if said["type"] == name:
            return said


def refused(served: Served, path: str = "/ws/", **more: Any) -> int:
    """The status with which a connection is refused."""
    with pytest.raises(WebSocketBadStatusException) as refusal:
        served.socket(served.cast.ana, path, **more)
    return int(refusal.value.status_code)


def test_a_message_is_written_and_received_in_under_a_second(served: Served) -> None:
    ana, bo = served.cast.ana, served.cast.bo
    hers, his = served.socket(ana, f"/ws/chat/{bo.account_id}/"), served.socket(bo)
    next_of(his, "stream.open")
    begun = time.monotonic()
    hers.send(json.dumps({"type": "message.send", "content": "Hello, how are you?"}))
    got = next_of(his, "message.receive")["message"]
    assert time.monotonic() - begun < 1
    assert (got["senderId"], got["receiverId"], got["content"]) == (
        ana.account_id,
        bo.account_id,
        "Hello, how are you?",
    )
    his.send(json.dumps({"type": "message.send", "content": "Well!", "receiverId": ana.account_id}))
    contents = [next_of(hers, "message.receive")["message"]["content"] for _ in range(2)]
    assert contents == ["Hello, how are you?", "Well!"]


def test_notifications_have_a_socket_of_their_own(served: Served) -> None:
    socket = served.socket(served.cast.ana, "/ws/notifications/")
    next_of(socket, "stream.open")
    told = served.tell(served.cast.ana, "News")
    said = next_of(socket, "notification.receive")
    assert (said["notification"]["id"], said["notification"]["title"]) == (told, "News")


def test_what_cannot_be_done_is_answered_in_the_shape_of_the_api(served: Served) -> None:
    socket = served.socket(served.cast.ana)
    for frame, code in (
        ("no json", "VALIDATION_ERROR"),
        ('{"type": "nonsense"}', "VALIDATION_ERROR"),
        ('{"type": "message.send", "content": "", "receiverId": 1}', "VALIDATION_ERROR"),
        (json.dumps({"type": "message.send", "content": "Hi", "receiverId": 10**9}), "NOT_FOUND"),
    ):
        socket.send(frame)
        said = next_of(socket, "error")
        assert (said["success"], said["error"]["code"]) == (False, code)


def test_a_ticket_lets_one_in_of_two_at_once_and_nobody_afterwards(served: Served) -> None:
    ticket = served.ticket(served.cast.ana)

    def enter(_number: int) -> bool:
        try:
            served.socket(served.cast.ana, ticket=ticket)
        except WebSocketBadStatusException:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(enter, range(4))) == [False, False, False, True]
    assert refused(served, ticket=ticket) == 401


def test_other_origins_and_access_tokens_in_the_address_are_refused(served: Served) -> None:
    assert refused(served, suppress_origin=False, origin="https://evil.example") == 403
    served.socket(served.cast.ana, suppress_origin=False, origin="https://friend.example")
    token = served.token(served.cast.ana)
    assert refused(served, ticket=f"x&token={token}") == 400
    assert refused(served, ticket=token) == 401


def test_a_frame_that_is_too_large_ends_the_connection(served: Served) -> None:
    socket = served.socket(served.cast.ana)
    socket.send("x" * 100_000)
    while (frame := socket.recv_data_frame(control_frame=True)[1]).opcode != ABNF.OPCODE_CLOSE:
        pass
    assert int.from_bytes(frame.data[:2]) == 1009
