"""Somebody who pays on Razorpay's own pages, as a browser would."""

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import requests

from portal.payments.gateways import Started

HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
GOOD, BAD = "success@razorpay", "failure@razorpay"
CARD = "4111 1111 1111 1111"


@dataclass(frozen=True)
class Payer:
    """At a stand-in with that address."""

    address: str

    def open(self, started: Started) -> requests.Response:
        """Follow the form that leads to the page of an order."""
        return requests.post(started.url, data=dict(started.for_browser), timeout=5)

    def pay(self, started: Started, *, vpa: str = GOOD, card: str = "") -> requests.Response:
        """Open the page, fill in one of its forms and send it."""
        shown = dict(HIDDEN.findall(self.open(started).text))
        fields = {name: unescape(value) for name, value in shown.items()} | method(vpa, card)
        return requests.post(f"{self.address}/razorpay/v1/checkout/pay", data=fields, timeout=5)

    def bring_back(self, started: Started) -> dict[str, str]:
        """Pay; what the browser then posts to the practice."""
        return dict(HIDDEN.findall(self.pay(started).text))

    def pay_link(self, url: str, *, vpa: str = GOOD, card: str = "") -> requests.Response:
        return requests.post(url, data=method(vpa, card), timeout=5, allow_redirects=False)

    def bring_back_from_link(self, url: str) -> dict[str, str]:
        """Pay; what the browser then asks the practice for."""
        return dict(parse_qsl(urlsplit(self.pay_link(url).headers["Location"]).query))


def method(vpa: str, card: str) -> dict[str, str]:
    return {"method": "card", "number": card} if card else {"method": "upi", "vpa": vpa}
