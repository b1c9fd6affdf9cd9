"""Stripe's published test cards, and the payment methods of the same effect."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """`decline` is Stripe's decline code, "" for a card that pays; `asks` wants its owner's confirmation first."""

    number: str
    effect: str
    decline: str = ""
    asks: bool = False
    brand: str = "visa"


PAYS = Card("4242424242424242", "pays")
CARDS = (
    PAYS,
    Card("5555555555554444", "pays", brand="mastercard"),
    Card("4000002500003155", "asks for an extra confirmation", asks=True),
    Card("4000000000000002", "is declined", decline="generic_decline"),
    Card("4000000000009995", "has too little money", decline="insufficient_funds"),
)
BY_NUMBER = {card.number: card for card in CARDS}
BY_METHOD = {
    "pm_card_visa": PAYS,
    "pm_card_mastercard": BY_NUMBER["5555555555554444"],
    "pm_card_authenticationRequired": BY_NUMBER["4000002500003155"],
    "pm_card_visa_chargeDeclined": BY_NUMBER["4000000000000002"],
    "pm_card_chargeDeclined": BY_NUMBER["4000000000000002"],
    "pm_card_visa_chargeDeclinedInsufficientFunds": BY_NUMBER["4000000000009995"],
    "pm_card_chargeDeclinedInsufficientFunds": BY_NUMBER["4000000000009995"],
}
WORDS = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "authentication_required": "We are unable to authenticate your payment method.",
}
