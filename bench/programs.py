"""Bookings through the API: programs of signed-in patients book a time with one request each."""

import http.client
import json
import secrets
from dataclasses import dataclass, field

from flask import Flask

from bench.bookings import new_patient
from portal.accounts.tokens import sign_in_program
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction


@dataclass
class Program:
    """A patient's program, which holds an access token."""

    token: str = field(repr=False)
    connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def book(self, port: int, slot_id: str) -> int:
        """Book at once; 200 for a booking, else the status of the refusal."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": secrets.token_hex(8),
        }
        self.connection.request("POST", "/api/v1/appointments", json.dumps({"slotId": slot_id}), headers)
        answer = self.connection.getresponse()
        answer.read()
        return 200 if answer.status == 201 else answer.status


def programs(app: Flask, count: int) -> list[Program]:
    """As many patients, each with an account and signed in."""

    def sign_in() -> str:
        secret = app.config["SETTINGS"].secret_key
        made = sign_in_program(db.session, new_patient(), description="bench", secret=secret, at=clock.now())
        return made.access_token

    with app.app_context():
        tokens = in_transaction(db.session, lambda: [sign_in() for _ in range(count)])
    return [Program(token) for token in tokens]
