"""Settings: read once, checked before anything starts, and said plainly when wrong."""

from pathlib import Path

import pytest

from portal.settings import (
    INSECURE_SECRET,
    Environment,
    LateCancellation,
    Settings,
    SettingsError,
    SmsProvider,
    SmtpSecurity,
)

SECRET = "s" * 32
PRODUCTION = {
    "PORTAL_ENV": "production",
    "PUBLIC_URL": "https://portal.example.org",
    "SECRET_KEY": SECRET,
    "DATABASE_URL": "postgresql://practice@localhost/practice",
}
MAIL_IN_CLEAR = {"MAIL_FROM": "bookings@example.org", "SMTP_SECURITY": "NONE"}


def test_without_any_setting_it_is_the_demonstration() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert settings.env is Environment.DEMO
    assert settings.shows_outbox
    assert not settings.secure_cookies
    assert settings.database_url is None


def test_every_setting_is_read_from_its_variable() -> None:
    settings = Settings.from_environment(
        {
            **PRODUCTION,
            "PORTAL_NAME": "Riverside Clinic",
            "PORTAL_INSTANCE": "/srv/portal",
            "HOST": "192.0.2.1",
            "PORT": "9000",
            "WEB_PROCESSES": "4",
            "WEB_THREADS": "8",
            "LOG_LEVEL": "WARNING",
            "DEFAULT_TIME_ZONE": "Asia/Kolkata",
            "DEFAULT_CURRENCY": "INR",
            "DEFAULT_REGION": "IN",
            "HOLD_MINUTES": "15",
            "LATE_CANCELLATION": "REQUEST",
            "FRONT_DESK_CAN_RESCHEDULE": "yes",
            "CODE_MINUTES": "3",
            "STAFF_IDLE_MINUTES": "15",
            "PATIENT_IDLE_DAYS": "7",
            "SECURE_COOKIES": "off",
            "TRUSTED_PROXIES": "1",
            "MESSAGE_GRACE_SECONDS": "0",
            "REMINDER_MINUTES": "60, 2880",
            "QUIET_FROM_HOUR": "22",
            "QUIET_UNTIL_HOUR": "7",
            "SMTP_HOST": "mail.example.org",
            "SMTP_PORT": "465",
            "SMTP_USER": "mailer",
            "SMTP_PASSWORD": "p1",
            "SMTP_SECURITY": "TLS",
            "MAIL_FROM": "Riverside <bookings@example.org>",
            "MAIL_REPLY_TO": "desk@example.org",
            "WHATSAPP_BASE_URL": "https://whatsapp.example.org/",
            "GALLABOX_API_KEY": "p2",
            "GALLABOX_API_SECRET": "p3",
            "GALLABOX_CHANNEL_ID": "c1",
            "SMS_PROVIDER": "TWILIO",
            "SMS_BASE_URL": "https://sms.example.org/send/",
            "SMS_API_KEY": "p4",
            "SMS_SENDER": "Riverside",
            "SMS_ENTITY_ID": "1201159",
            "TWILIO_ACCOUNT_SID": "AC1",
            "TWILIO_AUTH_TOKEN": "p5",
            "PROVIDER_TIMEOUT_SECONDS": "5",
            "LIVE_STREAMS": "20",
            "CORS_ORIGINS": "https://www.example.org, https://kiosk.example.org:8443",
            "API_VISITOR_LIMIT": "60",
            "API_ACCOUNT_LIMIT": "600",
        }
    )
    assert settings == Settings(
        env=Environment.PRODUCTION,
        portal_name="Riverside Clinic",
        secret_key=SECRET,
        database_url="postgresql+psycopg://practice@localhost/practice",
        instance_path=Path("/srv/portal"),
        host="192.0.2.1",
        port=9000,
        web_processes=4,
        web_threads=8,
        log_level="WARNING",
        default_time_zone="Asia/Kolkata",
        default_currency="INR",
        default_region="IN",
        hold_minutes=15,
        late_cancellation=LateCancellation.REQUEST,
        front_desk_can_reschedule=True,
        code_minutes=3,
        staff_idle_minutes=15,
        patient_idle_days=7,
        secure_cookies=False,
        trusted_proxies=1,
        public_url="https://portal.example.org",
        message_grace_seconds=0,
        reminder_minutes=(2880, 60),
        quiet_from_hour=22,
        quiet_until_hour=7,
        smtp_host="mail.example.org",
        smtp_port=465,
        smtp_user="mailer",
        smtp_password="p1",
        smtp_security=SmtpSecurity.TLS,
        mail_from="Riverside <bookings@example.org>",
        mail_reply_to="desk@example.org",
        whatsapp_base_url="https://whatsapp.example.org",
        gallabox_api_key="p2",
        gallabox_api_secret="p3",
        gallabox_channel_id="c1",
        sms_provider=SmsProvider.TWILIO,
        sms_base_url="https://sms.example.org/send",
        sms_api_key="p4",
        sms_sender="Riverside",
        sms_entity_id="1201159",
        twilio_account_sid="AC1",
        twilio_auth_token="p5",
        provider_timeout_seconds=5,
        live_streams=20,
        cors_origins=("https://www.example.org", "https://kiosk.example.org:8443"),
        api_visitor_limit=60,
        api_account_limit=600,
    )


def test_production_has_secure_cookies_and_no_outbox_page() -> None:
    settings = Settings.from_environment(PRODUCTION)
    assert settings.is_production
    assert settings.secure_cookies
    assert not settings.shows_outbox


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": INSECURE_SECRET}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SECRET_KEY": "s" * 31}, "SECRET_KEY"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        ({"PUBLIC_URL": "http://portal.example.org"}, "PUBLIC_URL"),
        ({"SMTP_HOST": "mail.example.org"}, "MAIL_FROM"),
        ({"SMTP_HOST": "mail.example.org", **MAIL_IN_CLEAR}, "SMTP_SECURITY"),
        ({"WHATSAPP_BASE_URL": "http://whatsapp.example.org"}, "WHATSAPP_BASE_URL"),
        ({"SMS_BASE_URL": "http://sms.example.org"}, "SMS_BASE_URL"),
        ({"STRIPE_BASE_URL": "http://stripe.example.org"}, "STRIPE_BASE_URL"),
        ({"RAZORPAY_BASE_URL": "http://razorpay.example.org"}, "RAZORPAY_BASE_URL"),
    ],
)
def test_production_does_not_start_with_what_is_fit_for_a_demonstration_only(
    changes: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError, match=f"^{named}: "):
        Settings.from_environment({**PRODUCTION, **changes})
    Settings.from_environment({**PRODUCTION, **changes, "PORTAL_ENV": "demo"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_ENV", "staging"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("PORT", "-1"),
        ("WEB_PROCESSES", "0"),
        ("HOLD_MINUTES", "61"),
        ("HOLD_MINUTES", "1.5"),
        ("CODE_MINUTES", "11"),
        ("LATE_CANCELLATION", "MAYBE"),
        ("FRONT_DESK_CAN_RESCHEDULE", "perhaps"),
        ("DEFAULT_TIME_ZONE", "Europe/Londonium"),
        ("DATABASE_URL", "mysql://practice@localhost/practice"),
        ("TRUSTED_PROXIES", "6"),
        ("MAIL_FROM", "Riverside"),
        ("MAIL_FROM", "a@example.org, b@example.org"),
        ("MAIL_REPLY_TO", "desk@example.org\nBcc: a@example.org"),
        ("SMTP_SECURITY", "PERHAPS"),
        ("REMINDER_MINUTES", "1440,soon"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: "):
        Settings.from_environment({name: value})


def test_in_production_a_mail_server_on_the_same_machine_needs_no_tls() -> None:
    settings = Settings.from_environment({**PRODUCTION, **MAIL_IN_CLEAR, "SMTP_HOST": "localhost"})
    assert settings.smtp_host == "localhost"


@pytest.mark.parametrize(
    "url",
    [
        "postgres://me@host/practice",
        "postgresql://me@host/practice",
        "postgresql+psycopg://me@host/practice",
    ],
)
def test_the_common_spellings_of_a_database_address_mean_the_same(url: str) -> None:
    settings = Settings.from_environment({"DATABASE_URL": url})
    assert settings.database_url == "postgresql+psycopg://me@host/practice"


@pytest.mark.parametrize(("said", "meant"), [("1", True), ("TRUE", True), ("on", True), ("No", False)])
def test_yes_and_no_may_be_said_in_several_ways(said: str, meant: bool) -> None:
    assert Settings.from_environment({"SECURE_COOKIES": said}).secure_cookies is meant


def test_secrets_are_not_shown_when_settings_are_printed() -> None:
    shown = repr(Settings.from_environment(PRODUCTION))
    assert SECRET not in shown
    assert "practice@" not in shown
