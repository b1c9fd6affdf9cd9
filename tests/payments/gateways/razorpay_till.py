"""How people pay at the stand-in for Razorpay."""

from collections.abc import Mapping

from portal.payments.gateways import Started
from portal.payments.gateways.razorpay import Razorpay
from portal.sandbox.razorpay_desk import signer
from portal.settings import Settings
from tests.payments.gateways.razorpay_payer import BAD, Payer
from tests.stand_ins import StandIns


class RazorpayTill:
    """Fulfils Till."""

    name = "razorpay"
    currency = "INR"
    address_setting = "razorpay_base_url"
    key_settings: tuple[str, ...] = ("razorpay_key_id", "razorpay_key_secret")
    secret_setting = "razorpay_webhook_secrets"
    secrets: tuple[str, ...] = ("razorpay-secret-2", "razorpay-secret-3")

    def connect(self, settings: Settings) -> Razorpay:
        return Razorpay(settings)

    def pay(self, there: StandIns, started: Started) -> None:
        """By UPI, on the page of the order."""
        Payer(there.address).pay(started).raise_for_status()

    def be_declined(self, there: StandIns, started: Started) -> None:
        Payer(there.address).pay(started, vpa=BAD).raise_for_status()

    def pay_link(self, there: StandIns, url: str) -> None:
        Payer(there.address).pay_link(url)

    def moved(self, there: StandIns) -> list[int]:
        return [line["amount"] for line in there.razorpay.book.all("movement")]

    def answer_about(self, started: Started) -> Mapping[str, str]:
        return {
            "razorpay_order_id": started.provider_id,
            "razorpay_payment_id": "p",
            "razorpay_signature": "s",
        }

    def settle(self, there: StandIns) -> bool:
        return there.razorpay.teller.settle()

    def forget(self, there: StandIns) -> None:
        there.razorpay.forget()

    def sign(self, body: bytes, secret: str) -> Mapping[str, str]:
        return signer(secret)(body, "evt_7")
