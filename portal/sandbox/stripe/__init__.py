"""Stripe's documented HTTP for what the portal asks of it, a hosted page to pay on, signed webhooks, and books."""
