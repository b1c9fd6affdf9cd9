"""The demonstration's adapters are pointed at the stand-ins, unless somebody has set them up."""

import pytest

from portal import serve, stand_ins
from portal.notifications.channels.registry import configured
from portal.notifications.models import Channel
from portal.settings import Environment, Settings


def test_with_nothing_set_every_channel_goes_to_the_stand_ins() -> None:
    added = stand_ins.environment({})

    settings = Settings.from_environment(added)
    assert configured(settings) == frozenset(Channel)
    assert settings.whatsapp_base_url == f"http://127.0.0.1:{added['SANDBOX_PORT']}/gallabox"
    assert str(settings.smtp_port) == added["SANDBOX_SMTP_PORT"]


def test_a_channel_that_is_set_up_is_left_alone_and_an_empty_key_means_none() -> None:
    given = {"SMTP_HOST": "mail.example.org", "GALLABOX_API_KEY": "", "SANDBOX_PORT": "8026"}

    added = stand_ins.environment(given)

    assert added["SMS_BASE_URL"] == "http://127.0.0.1:8026/sms"
    assert not [name for name in added if name.startswith(("SMTP", "MAIL", "GALLABOX", "WHATSAPP"))]
    assert configured(Settings.from_environment(given | added)) == {Channel.SMS}


def test_with_every_channel_set_up_there_is_no_stand_in() -> None:
    assert stand_ins.environment({"SMTP_HOST": "x", "GALLABOX_API_KEY": "x", "SMS_BASE_URL": "x"}) == {}


@pytest.mark.parametrize("env", Environment)
def test_only_the_demonstration_runs_them(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PORT", "8026")

    programs = serve._programs(Settings(env=env))

    assert ("sandbox" in programs) is (env is Environment.DEMO)
