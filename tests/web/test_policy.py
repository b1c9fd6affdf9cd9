"""Forms lead to our own pages and to those where money is paid, and nowhere else."""

from flask.testing import FlaskClient

from tests.conftest import PracticeSets


def form_action(client: FlaskClient) -> str:
    policy = client.get("/sign-in").headers["Content-Security-Policy"]
    return policy.partition("form-action ")[2].partition(";")[0]


def test_without_a_provider_every_form_is_ours(client: FlaskClient) -> None:
    assert form_action(client) == "'self'"


def test_a_payer_may_be_led_to_the_pages_of_the_providers_that_are_set_up(
    client: FlaskClient, practice_sets: PracticeSets
) -> None:
    practice_sets(stripe_secret_key="sk_live_ours")
    assert form_action(client) == "'self' https://checkout.stripe.com"
    practice_sets(razorpay_key_id="rzp_live_ours", razorpay_key_secret="ours")
    assert form_action(client) == "'self' https://api.razorpay.com https://checkout.stripe.com"


def test_to_a_stand_in_as_well_and_once_though_it_stands_in_for_both(
    client: FlaskClient, practice_sets: PracticeSets
) -> None:
    practice_sets(
        stripe_secret_key="sk_test_ours",
        stripe_base_url="http://127.0.0.1:8026/stripe",
        razorpay_key_id="rzp_test_ours",
        razorpay_key_secret="ours",
        razorpay_base_url="http://127.0.0.1:8026/razorpay",
    )
    assert form_action(client) == "'self' http://127.0.0.1:8026"
    assert "script-src 'self';" in client.get("/sign-in").headers["Content-Security-Policy"]
