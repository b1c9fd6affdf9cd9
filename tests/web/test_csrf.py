"""Forms of other sites change nothing here."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import AnyConverter, IntegerConverter, UUIDConverter

from portal.core.permissions import Role
from tests.factories import an_account
from tests.web.helpers import signed_in


@pytest.fixture
def guarded(app: Flask) -> Iterator[Flask]:
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.mark.parametrize("role", [Role.PATIENT, Role.ADMIN])
def test_no_post_is_taken_without_the_token_of_the_session(
    guarded: Flask, session: Session, role: Role
) -> None:
    account = an_account(session, role)
    for rule in guarded.url_map.iter_rules():
        # The API asks for a bearer token; the link of a mail is a proof in itself, for programs without a session;
        # and payers come back from another site, which changes nothing but what the provider tells us.
        is_exempt = rule.rule.startswith(("/api/", "/unsubscribe/")) or rule.endpoint == "payments.back"
        if "POST" in (rule.methods or ()) and not is_exempt:
            values = {name: _example(converter) for name, converter in rule._converters.items()}
            client = signed_in(guarded, account)
            response = client.post(
                guarded.url_map.bind("localhost").build(rule.endpoint, values, method="POST")
            )
            assert response.status_code == 400, rule.rule
            assert "send the form again" in response.text, rule.rule


def _example(converter: object) -> object:
    if isinstance(converter, UUIDConverter):
        return "00000000-0000-4000-8000-000000000000"
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 1 if isinstance(converter, IntegerConverter) else "x"
