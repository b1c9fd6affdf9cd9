"""Every setting of a deployment, read once from the environment and checked before anything starts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from portal.environment import Reader, SettingsError
from portal.practice.choices import ClinicianWord, LateCancellation, OnlinePayment, PatientWord
from portal.practice.rules import from_environment

__all__ = [
    "INSECURE_SECRET",
    "PROJECT_ROOT",
    "Environment",
    "LateCancellation",
    "OnlinePayment",
    "Settings",
    "SettingsError",
    "SmsProvider",
    "SmtpSecurity",
]

PROJECT_ROOT = Path(__file__).resolve().parent.parent
INSECURE_SECRET = "only-for-demo-and-tests"  # noqa: S105  production refuses to start with it
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class Environment(StrEnum):
    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


class SmtpSecurity(StrEnum):
    """How mail leaves: TLS from the first byte, TLS after STARTTLS, or, to a server on this machine, none."""

    TLS = "TLS"
    STARTTLS = "STARTTLS"
    NONE = "NONE"


class SmsProvider(StrEnum):
    """Who carries texts: any gateway that takes JSON over HTTP, or Twilio."""

    GATEWAY = "GATEWAY"
    TWILIO = "TWILIO"


@dataclass(frozen=True)
class Settings:
    """Durations carry their unit in the name; `database_url` is None when the embedded server is to be used."""

    env: Environment = Environment.DEMO
    portal_name: str = "Bookable"
    patient_word: PatientWord = PatientWord.PATIENT
    clinician_word: ClinicianWord = ClinicianWord.CLINICIAN
    secret_key: str = field(default=INSECURE_SECRET, repr=False)
    database_url: str | None = field(default=None, repr=False)
    instance_path: Path = PROJECT_ROOT / "instance"
    host: str = "127.0.0.1"
    port: int = 8000
    web_processes: int = 2
    web_threads: int = 400
    log_level: str = "INFO"
    default_time_zone: str = "Europe/London"
    default_currency: str = "GBP"
    default_region: str = "GB"
    hold_minutes: int = 10
    late_cancellation: LateCancellation = LateCancellation.NO_REFUND
    front_desk_can_reschedule: bool = False
    code_minutes: int = 5
    staff_idle_minutes: int = 60
    waiting_list_offer_minutes: int = 30
    waiting_list_daily_offers: int = 3
    patient_idle_days: int = 30
    secure_cookies: bool = False
    trusted_proxies: int = 0
    public_url: str = "http://127.0.0.1:8000"
    message_grace_seconds: int = 120
    reminder_minutes: tuple[int, ...] = (1440, 60)
    quiet_from_hour: int = 21
    quiet_until_hour: int = 8
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = field(default="", repr=False)
    smtp_password: str = field(default="", repr=False)
    smtp_security: SmtpSecurity = SmtpSecurity.STARTTLS
    mail_from: str = ""
    mail_reply_to: str = ""
    whatsapp_base_url: str = "https://server.gallabox.com/devapi"
    gallabox_api_key: str = field(default="", repr=False)
    gallabox_api_secret: str = field(default="", repr=False)
    gallabox_channel_id: str = ""
    sms_provider: SmsProvider = SmsProvider.GATEWAY
    sms_base_url: str = ""
    sms_api_key: str = field(default="", repr=False)
    sms_sender: str = ""
    sms_entity_id: str = ""
    twilio_account_sid: str = field(default="", repr=False)
    twilio_auth_token: str = field(default="", repr=False)
    stripe_base_url: str = "https://api.stripe.com"
    stripe_secret_key: str = field(default="", repr=False)
    stripe_publishable_key: str = ""
    stripe_webhook_secrets: str = field(default="", repr=False)
    razorpay_base_url: str = "https://api.razorpay.com"
    razorpay_key_id: str = ""
    razorpay_key_secret: str = field(default="", repr=False)
    razorpay_webhook_secrets: str = field(default="", repr=False)
    online_payment: OnlinePayment = OnlinePayment.OPTIONAL
    payment_provider: str = ""
    tax_rates: tuple[tuple[str, int], ...] = ()
    late_fee_percent: int = 100
    no_show_fee_percent: int = 100
    platform_fee_percent: int = 0
    credit_price_minor: int = 0
    credits_at_start: int = 1
    subscription_price_minor: int = 0
    subscription_months: int = 1
    subscription_visits: int = 4
    practice_address: str = ""
    practice_tax_number: str = ""
    provider_timeout_seconds: int = 15
    live_streams: int = 340
    cors_origins: tuple[str, ...] = ()
    api_visitor_limit: int = 100
    api_account_limit: int = 1000

    @property
    def is_production(self) -> bool:
        return self.env is Environment.PRODUCTION

    @property
    def shows_outbox(self) -> bool:
        """The page with every message sent, codes included: never in production."""
        return not self.is_production

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings; raises SettingsError naming the variable that cannot be used."""
        reader = Reader(environ)
        env = reader.choice("PORTAL_ENV", Environment, cls.env)
        settings = cls(
            env=env,
            secret_key=reader.text("SECRET_KEY", cls.secret_key),
            database_url=reader.database("DATABASE_URL"),
            instance_path=Path(reader.text("PORTAL_INSTANCE", str(cls.instance_path))),
            host=reader.text("HOST", cls.host),
            port=reader.number("PORT", cls.port, least=1, most=65535),
            web_processes=reader.number("WEB_PROCESSES", cls.web_processes, least=1, most=64),
            web_threads=reader.number("WEB_THREADS", cls.web_threads, least=1, most=512),
            log_level=reader.text("LOG_LEVEL", cls.log_level),
            default_time_zone=reader.zone("DEFAULT_TIME_ZONE", cls.default_time_zone),
            default_currency=reader.text("DEFAULT_CURRENCY", cls.default_currency),
            default_region=reader.text("DEFAULT_REGION", cls.default_region),
            secure_cookies=reader.flag("SECURE_COOKIES", env is Environment.PRODUCTION),
            trusted_proxies=reader.number("TRUSTED_PROXIES", cls.trusted_proxies, least=0, most=5),
            public_url=reader.text(
                "PUBLIC_URL", f"http://127.0.0.1:{reader.text('PORT', str(cls.port))}"
            ).rstrip("/"),
            smtp_host=reader.text("SMTP_HOST", cls.smtp_host),
            smtp_port=reader.number("SMTP_PORT", cls.smtp_port, least=1, most=65535),
            smtp_user=reader.text("SMTP_USER", cls.smtp_user),
            smtp_password=reader.text("SMTP_PASSWORD", cls.smtp_password),
            smtp_security=reader.choice("SMTP_SECURITY", SmtpSecurity, cls.smtp_security),
            mail_from=reader.mailbox("MAIL_FROM"),
            mail_reply_to=reader.mailbox("MAIL_REPLY_TO"),
            whatsapp_base_url=reader.text("WHATSAPP_BASE_URL", cls.whatsapp_base_url).rstrip("/"),
            gallabox_api_key=reader.text("GALLABOX_API_KEY", cls.gallabox_api_key),
            gallabox_api_secret=reader.text("GALLABOX_API_SECRET", cls.gallabox_api_secret),
            gallabox_channel_id=reader.text("GALLABOX_CHANNEL_ID", cls.gallabox_channel_id),
            sms_provider=reader.choice("SMS_PROVIDER", SmsProvider, cls.sms_provider),
            sms_base_url=reader.text("SMS_BASE_URL", cls.sms_base_url).rstrip("/"),
            sms_api_key=reader.text("SMS_API_KEY", cls.sms_api_key),
            sms_sender=reader.text("SMS_SENDER", cls.sms_sender),
            sms_entity_id=reader.text("SMS_ENTITY_ID", cls.sms_entity_id),
            twilio_account_sid=reader.text("TWILIO_ACCOUNT_SID", cls.twilio_account_sid),
            twilio_auth_token=reader.text("TWILIO_AUTH_TOKEN", cls.twilio_auth_token),
            stripe_base_url=reader.text("STRIPE_BASE_URL", cls.stripe_base_url).rstrip("/"),
            stripe_secret_key=reader.text("STRIPE_SECRET_KEY", cls.stripe_secret_key),
            stripe_publishable_key=reader.text("STRIPE_PUBLISHABLE_KEY", cls.stripe_publishable_key),
            stripe_webhook_secrets=reader.text("STRIPE_WEBHOOK_SECRETS", cls.stripe_webhook_secrets),
            razorpay_base_url=reader.text("RAZORPAY_BASE_URL", cls.razorpay_base_url).rstrip("/"),
            razorpay_key_id=reader.text("RAZORPAY_KEY_ID", cls.razorpay_key_id),
            razorpay_key_secret=reader.text("RAZORPAY_KEY_SECRET", cls.razorpay_key_secret),
            razorpay_webhook_secrets=reader.text("RAZORPAY_WEBHOOK_SECRETS", cls.razorpay_webhook_secrets),
            payment_provider=reader.one_of("PAYMENT_PROVIDER", ("STRIPE", "RAZORPAY")),
            provider_timeout_seconds=reader.number(
                "PROVIDER_TIMEOUT_SECONDS", cls.provider_timeout_seconds, least=1, most=60
            ),
            live_streams=reader.number("LIVE_STREAMS", cls.live_streams, least=1, most=5000),
            cors_origins=reader.origins("CORS_ORIGINS"),
            api_visitor_limit=reader.number("API_VISITOR_LIMIT", cls.api_visitor_limit, least=1, most=10**6),
            api_account_limit=reader.number("API_ACCOUNT_LIMIT", cls.api_account_limit, least=1, most=10**6),
            **from_environment(reader, cls),
        )
        settings.check(debug=reader.flag("FLASK_DEBUG", default=False))
        return settings

    def check(self, *, debug: bool) -> None:
        """Refuse to start in production with anything that is only fit for a demonstration."""
        if not self.is_production:
            return
        if self.secret_key == INSECURE_SECRET or len(self.secret_key) < 32:
            raise SettingsError("SECRET_KEY: production needs its own secret of at least 32 characters.")
        if self.database_url is None:
            raise SettingsError("DATABASE_URL: production needs a PostgreSQL server of its own.")
        if not self.public_url.startswith("https://"):
            raise SettingsError(
                "PUBLIC_URL: production needs the https address that people reach the portal at."
            )
        if debug:
            raise SettingsError("FLASK_DEBUG: production does not start with debug helpers on.")
        self._check_mail()
        self._check_providers()

    def _check_mail(self) -> None:
        if not self.smtp_host:
            return
        if not self.mail_from:
            raise SettingsError("MAIL_FROM: mail needs a sender, such as Riverside <bookings@example.org>.")
        if self.smtp_security is SmtpSecurity.NONE and self.smtp_host not in THIS_MACHINE:
            raise SettingsError("SMTP_SECURITY: mail leaves this machine by TLS or STARTTLS only.")

    def _check_providers(self) -> None:
        """Keys and people's phones travel over TLS."""
        places = {
            "WHATSAPP_BASE_URL": self.whatsapp_base_url,
            "SMS_BASE_URL": self.sms_base_url,
            "STRIPE_BASE_URL": self.stripe_base_url,
            "RAZORPAY_BASE_URL": self.razorpay_base_url,
        }
        for name, place in places.items():
            parts = urlsplit(place)
            if place and parts.scheme != "https" and parts.hostname not in THIS_MACHINE:
                raise SettingsError(f"{name}: production needs an https address.")
