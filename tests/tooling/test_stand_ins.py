"""The demonstration's adapters are pointed at the stand-ins, unless somebody has set them up."""

import pytest

from portal import serve, stand_ins
from portal.notifications.channels.registry import configured
from portal.notifications.models import Channel
from portal.payments.gateways import Provider
from portal.payments.practice import practice_of
from portal.settings import Environment, Settings

PORTAL = "http://127.0.0.1:8000"


def test_with_nothing_set_every_channel_goes_to_the_stand_ins() -> None:
    added = stand_ins.environment({}, portal=PORTAL)

    settings = Settings.from_environment(added)
    assert configured(settings) == frozenset(Channel)
    assert settings.whatsapp_base_url == f"http://127.0.0.1:{added['SANDBOX_PORT']}/gallabox"
    assert str(settings.smtp_port) == added["SANDBOX_SMTP_PORT"]


def test_with_nothing_set_money_goes_to_the_stand_ins_which_tell_us_what_happens() -> None:
    added = stand_ins.environment({}, portal="http://127.0.0.1:8101")

    practice = practice_of(Settings.from_environment(added))
    assert (practice.configured, practice.live) == (frozenset(Provider), frozenset())
    assert practice.can_take("GBP")
    assert practice.can_take("INR")
    assert added["SANDBOX_STRIPE_WEBHOOK_URL"] == "http://127.0.0.1:8101/api/v1/webhooks/stripe"
    assert added["SANDBOX_RAZORPAY_WEBHOOK_URL"] == "http://127.0.0.1:8101/api/v1/webhooks/razorpay"


def test_a_provider_that_is_set_up_is_left_alone_and_an_empty_key_means_none() -> None:
    given = {
        "SMTP_HOST": "mail.example.org",
        "GALLABOX_API_KEY": "",
        "STRIPE_SECRET_KEY": "sk_live_ours",
        "RAZORPAY_KEY_ID": "",
        "SANDBOX_PORT": "8026",
    }

    added = stand_ins.environment(given, portal=PORTAL)

    assert added["SMS_BASE_URL"] == "http://127.0.0.1:8026/sms"
    ours = (
        "SMTP",
        "MAIL",
        "GALLABOX",
        "WHATSAPP",
        "STRIPE",
        "RAZORPAY",
        "SANDBOX_STRIPE",
        "SANDBOX_RAZORPAY",
    )
    assert not [name for name in added if name.startswith(ours)]
    settings = Settings.from_environment(given | added)
    assert configured(settings) == {Channel.SMS}
    assert practice_of(settings).configured == {Provider.STRIPE}


def test_with_every_provider_set_up_there_is_no_stand_in() -> None:
    given = ("SMTP_HOST", "GALLABOX_API_KEY", "SMS_BASE_URL", "STRIPE_SECRET_KEY", "RAZORPAY_KEY_ID")
    assert stand_ins.environment(dict.fromkeys(given, "x"), portal=PORTAL) == {}


@pytest.mark.parametrize("env", Environment)
def test_only_the_demonstration_runs_them(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PORT", "8026")

    programs = serve._programs(Settings(env=env))

    assert ("sandbox" in programs) is (env is Environment.DEMO)
