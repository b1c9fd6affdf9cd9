"""The practice's own rules take effect in every process, without a restart and without a query more on any page.

Each process asks once a second, on a connection of its own, whether somebody has changed them.
"""

import logging
import os
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NamedTuple, cast

import psycopg
from flask import Flask, current_app, g

from portal import bootstrap
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.database import libpq_address
from portal.practice import commands
from portal.practice.effective import effective
from portal.practice.queries import own_rules, version_of_rules
from portal.settings import Environment, Settings

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
RETRY_SECONDS = 5.0
CONNECT_SECONDS = 3
LOST_MILLISECONDS = 10_000
KEY = "portal.practice_rules"
VERSION = "SELECT coalesce(max(id), 0) FROM practice_rule_change"
OWN = "SELECT key, value FROM practice_rule"


class RulesInForce:
    """The settings of this process: `base`, those of the environment, with the practice's own rules in their place.

    `take_effect` is told of each change. It follows what other processes do from `follow` on.
    """

    def __init__(self, base: Settings, address: str, take_effect: Callable[[Settings], None]) -> None:
        self.base = self.settings = base
        self._address = address
        self._take_effect = take_effect
        self._lock = threading.Lock()
        self._process: int | None = None
        self._version: int | None = None
        self._stopping = threading.Event()

    def follow(self) -> None:
        """Take over the rules as they are and as they will be. Costs nothing once it has been called in a process."""
        if self._process == os.getpid():
            return
        with self._lock:
            if self._process == os.getpid():
                return
            self._stopping = threading.Event()
            self._look_once()
            threading.Thread(
                target=self._run, args=(self._stopping,), name="practice-rules", daemon=True
            ).start()
            self._process = os.getpid()  # threads do not survive a fork

    def stop(self) -> None:
        """Follow no more."""
        self._stopping.set()
        self._process = None

    def take_over(self, own: Mapping[str, str]) -> None:
        """Put the rules in force that this process has just saved; of two who save at once the next look decides."""
        self.apply(own)
        self._version = None

    def apply(self, own: Mapping[str, str]) -> None:
        """Put these rules in force in this process."""
        settings = effective(self.base, own)
        if settings != self.settings:
            self._take_effect(settings)
            self.settings = settings

    def _look_once(self) -> None:
        """The first requests of a process are answered by the rules too, unless the database is away."""
        try:
            with self._connection() as connection:
                self._look(connection)
        except Exception as error:  # noqa: BLE001  whatever it is, the environment's rules are in force
            log.warning("the rules of the practice could not be read: %s", type(error).__name__)

    def _run(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            try:
                with self._connection() as connection:
                    while not stopping.wait(LOOK_SECONDS):
                        self._look(connection)
            except psycopg.Error as error:
                log.warning("the rules of the practice are not followed: %s", type(error).__name__)
                stopping.wait(RETRY_SECONDS)
            except Exception:
                log.exception("the rules of the practice could not be put in force")
                stopping.wait(RETRY_SECONDS)

    def _connection(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            self._address,
            autocommit=True,
            application_name="rules",
            connect_timeout=CONNECT_SECONDS,
            tcp_user_timeout=LOST_MILLISECONDS,
        )

    def _look(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        """The version is read first: what is changed in between is seen at the next look."""
        row = connection.execute(VERSION).fetchone()
        version = cast("int", row[0]) if row else 0
        if version != self._version:
            own = connection.execute(OWN).fetchall()
            self._version = version  # before they are in force: whoever saves meanwhile has us look again
            try:
                self.apply({str(key): str(value) for key, value in own})
            except Exception:
                self._version = None
                raise


def init_app(app: Flask) -> None:
    """Follow the rules from the first request on; the tests' applications begin when a test says so."""
    base: Settings = app.config["SETTINGS"]

    def take_effect(settings: Settings) -> None:
        app.config["SETTINGS"] = settings
        app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=settings.patient_idle_days)
        bootstrap.wire(settings)

    with app.app_context():
        address = libpq_address(db.engine.url)
    app.extensions[KEY] = RulesInForce(base, address, take_effect)
    if base.env is not Environment.TEST:
        app.before_request(rules_in_force_here)


def rules_in_force() -> RulesInForce:
    """Those of this process."""
    return cast("RulesInForce", current_app.extensions[KEY])


class Saved(NamedTuple):
    """The rules as they are saved: their version, which are the practice's own, and the settings by them."""

    version: int
    own: Mapping[str, str]
    settings: Settings


def saved_rules() -> Saved:
    """For whoever changes rules: what was saved a moment ago elsewhere may not be in force here yet.

    The version is read first, so that a change in between is told as one that came meanwhile.
    """
    version, own = version_of_rules(db.session), own_rules(db.session)
    return Saved(version, own, effective(rules_in_force().base, own))


def change_rules(given: Mapping[str, str | None], *, version: int | None) -> None:
    """Change rules of the practice: they are in force here at once, and in other processes within a second.

    Raises as the command does.
    """
    rules = rules_in_force()

    def change() -> dict[str, str]:
        return commands.change_rules(
            db.session, given, base=rules.base, version=version, by=g.actor, at=clock.now()
        )

    rules.take_over(in_transaction(db.session, change))


def rules_in_force_here() -> None:
    """Before each request; after the first of a process there is nothing to do."""
    rules_in_force().follow()
