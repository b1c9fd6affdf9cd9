"""Razorpay's own pages: the hosted checkout of an order, and the page of a payment link. They need no script."""

import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Flask, Response, redirect, render_template_string, request
from werkzeug.wrappers import Response as AnyResponse

from portal.sandbox import razorpay
from portal.sandbox.razorpay import StandIn, stand_in
from portal.sandbox.razorpay_book import Thing
from portal.sandbox.razorpay_rules import CARDS, CURRENCY, Wrong

bp = Blueprint("razorpay_pages", __name__, url_prefix="/razorpay")
PASSED_ON = ("key_id", "order_id", "callback_url", "cancel_url", "description", "name")
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Razorpay stand-in</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;padding:16px;max-width:420px;color:#1b2733;background:#fff}
h1{font-size:22px;margin:0 0 4px}label,legend{font-weight:600}fieldset{border:1px solid #667;margin:16px 0;padding:12px}
input{font:inherit;width:100%;box-sizing:border-box;min-height:44px;padding:8px;border:1px solid #667}
button{font:inherit;min-height:44px;width:100%;margin-top:12px;border:0;background:#0b4f9e;color:#fff}
.bad{border-left:4px solid #a11;padding:8px 12px;background:#fdeeee}.small{font-size:14px}
a{display:inline-block;min-height:44px;line-height:44px}</style></head><body><main>
<p class="small">Stand-in for Razorpay: no money moves here.</p>
<h1>{% if amount %}{{ currency }} {{ amount }}{% else %}Payment{% endif %}</h1>
{% if description %}<p>{{ description }}</p>{% endif %}
{% if problem %}<p class="bad" role="alert">{{ problem }}</p>{% endif %}
{% if done %}<p role="status">{{ done }}</p>{% endif %}
{% if back_to %}<form method="post" action="{{ back_to }}" id="back">
{% for name, value in fields.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
<button>Return to the practice</button></form>
<script>document.getElementById("back").submit()</script>{% endif %}
{% if pay_at %}{% for method in ("upi", "card") %}<form method="post" action="{{ pay_at }}"><fieldset>
{% for name, value in fields.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
<input type="hidden" name="method" value="{{ method }}">
{% if method == "upi" %}<legend>UPI</legend><label for="vpa">UPI ID</label>
<input id="vpa" name="vpa" value="success@razorpay" autocomplete="off" aria-describedby="vpa-help">
<p class="small" id="vpa-help">success@razorpay pays, failure@razorpay is declined.</p><button>Pay by UPI</button>
{% else %}<legend>Card</legend><label for="number">Card number</label>
<input id="number" name="number" inputmode="numeric" autocomplete="off" aria-describedby="card-help">
<p class="small" id="card-help">4111 1111 1111 1111 pays, others are declined.</p><button>Pay by card</button>
{% endif %}</fieldset></form>{% endfor %}{% endif %}
{% if cancel_url %}<p><a href="{{ cancel_url }}">Cancel and go back</a></p>{% endif %}
</main></body></html>"""


def mount(app: Flask, there: StandIn) -> None:
    """Serve API and pages below /razorpay."""
    app.extensions[razorpay.NAME] = there
    app.register_blueprint(razorpay.bp)
    app.register_blueprint(bp)


@bp.post("/v1/checkout/embedded")
def checkout() -> str | tuple[str, int]:
    """The page that a form of the practice's leads to."""
    try:
        return _checkout_page(_order())
    except Wrong as error:
        return _page(problem=str(error)), 400


@bp.post("/v1/checkout/pay")
def pay_order() -> str | tuple[str, int]:
    """Somebody pays: back to the practice by a POST with the signature, or here again when the bank said no."""
    try:
        order = _order()
        method, is_approved = _method()
        payment = stand_in().desk.attempt(order["id"], method, is_approved=is_approved)
    except Wrong as error:
        return _page(problem=str(error)), 400
    if payment["status"] == "failed":
        return _checkout_page(order, problem=payment["error_description"])
    return _page(done="Paid. You are being taken back.", back_to=_back_to(), fields=signed(payment))


def signed(payment: Thing) -> dict[str, str]:
    """What a browser brings back from the checkout."""
    said = f"{payment['order_id']}|{payment['id']}"
    return {
        "razorpay_payment_id": payment["id"],
        "razorpay_order_id": payment["order_id"],
        "razorpay_signature": _signature(said),
    }


@bp.get("/l/<link_id>")
def link_page(link_id: str) -> str | tuple[str, int]:
    try:
        return _link_page(stand_in().links.get(link_id))
    except Wrong as error:
        return _page(problem=str(error)), 404


@bp.post("/l/<link_id>")
def pay_link(link_id: str) -> AnyResponse | str | tuple[str, int]:
    """Somebody pays: back to the practice by a GET, if the link says where that is."""
    try:
        method, is_approved = _method()
        payment = stand_in().links.pay(link_id, method, is_approved=is_approved)
        link = stand_in().links.get(link_id)
    except Wrong as error:
        return _page(problem=str(error)), 400
    if payment["status"] == "failed":
        return _link_page(link, problem=payment["error_description"])
    if not link["callback_url"]:
        return _link_page(link)
    separator = "&" if "?" in link["callback_url"] else "?"
    return redirect(f"{link['callback_url']}{separator}{urlencode(signed_link(link))}", code=303)


def signed_link(link: Thing) -> dict[str, str]:
    """What a browser brings back from a paid link."""
    payment_id = link["payments"][0]["payment_id"]
    said = f"{link['id']}|{link['reference_id']}|{link['status']}|{payment_id}"
    return {
        "razorpay_payment_id": payment_id,
        "razorpay_payment_link_id": link["id"],
        "razorpay_payment_link_reference_id": link["reference_id"],
        "razorpay_payment_link_status": link["status"],
        "razorpay_signature": _signature(said),
    }


@bp.after_request
def shut(answer: Response) -> Response:
    """A card number is nobody else's business."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _order() -> Thing:
    if request.form.get("key_id") != stand_in().settings.razorpay_key_id:
        raise Wrong("The api key provided is invalid")
    order = stand_in().desk.get("order", request.form.get("order_id", ""))
    if request.form.get("amount", str(order["amount"])) != str(order["amount"]):
        raise Wrong("Your payment amount is different from your order amount.")
    _back_to()
    return order


def _back_to() -> str:
    url = request.form.get("callback_url", "")
    if urlsplit(url).scheme not in {"http", "https"}:
        raise Wrong("callback_url must be an address")
    return url


def _method() -> tuple[dict[str, Any], bool]:
    """How it is paid, and whether the bank lets it pass; raises Wrong."""
    form = request.form
    if form.get("method") == "upi":
        if "@" not in form.get("vpa", ""):
            raise Wrong("Invalid VPA. Please enter a valid Virtual Payment Address")
        return {"method": "upi", "vpa": form["vpa"]}, form["vpa"] == "success@razorpay"
    number = form.get("number", "").replace(" ", "")
    if form.get("method") != "card" or not number.isdecimal():
        raise Wrong("The card number is not valid.")
    return {"method": "card"}, number in CARDS


def _checkout_page(order: Thing, *, problem: str = "") -> str:
    if order["status"] == "paid":
        raise Wrong("This order is already paid.")
    fields = {name: request.form[name] for name in PASSED_ON if name in request.form}
    cancel_url = request.form.get("cancel_url", "")
    safe = cancel_url if urlsplit(cancel_url).scheme in {"http", "https"} else ""
    return _page(
        money=order,
        description=request.form.get("description", ""),
        problem=problem,
        pay_at="/razorpay/v1/checkout/pay",
        fields=fields,
        cancel_url=safe,
    )


def _link_page(link: Thing, *, problem: str = "") -> str:
    if link["status"] == "created":
        pay_at = f"/razorpay/l/{link['id']}"
        return _page(money=link, description=link["description"], problem=problem, pay_at=pay_at, fields={})
    if link["status"] == "paid":
        return _page(money=link, done="This payment link has been paid.")
    return _page(problem=f"This payment link is {link['status']}.")


def _page(*, money: Thing | None = None, **values: Any) -> str:
    if money is not None and CURRENCY.fullmatch(money["currency"]):
        values |= {"amount": f"{money['amount'] / 100:,.2f}", "currency": money["currency"]}
    return render_template_string(PAGE, **values)


def _signature(said: str) -> str:
    secret = stand_in().settings.razorpay_key_secret.encode()
    return hmac.new(secret, said.encode(), hashlib.sha256).hexdigest()
