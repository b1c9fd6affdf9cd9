"""Subscriptions and the visits they cover; what a visit costs in credits.

Revision: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
# None of these could be broken before: no payment was for a subscription.
OF_PAYMENTS = {
    "ck_payment_subscription_has_subject": "(purpose = 'SUBSCRIPTION') = (subscription_id IS NOT NULL)",
    "ck_payment_months_counted": "(purpose = 'SUBSCRIPTION') = (months IS NOT NULL)",
    "ck_payment_months_positive": "months > 0",
}
GIVEN = "reason = 'CREDITS_GIVEN' AND currency = 'XCR' AND account <> 'platform'"


def upgrade() -> None:
    _create_subscriptions()
    _create_covered_visits()
    _extend_payments()
    op.add_column("clinician", sa.Column("credit_fee", sa.SmallInteger(), server_default="1", nullable=False))
    _check("clinician", "ck_clinician_credit_fee_sensible", "credit_fee BETWEEN 1 AND 100")
    op.create_index(
        "uq_ledger_entry_credits_at_start",
        "ledger_entry",
        ["account"],
        unique=True,
        postgresql_where=sa.text(GIVEN),
    )


def downgrade() -> None:
    op.drop_index("uq_ledger_entry_credits_at_start", "ledger_entry")
    op.drop_column("clinician", "credit_fee")
    for name in OF_PAYMENTS:
        op.execute(f"ALTER TABLE payment DROP CONSTRAINT {name}")
    op.drop_column("payment", "months")
    op.drop_column("payment", "subscription_id")
    op.drop_table("covered_visit")
    op.drop_table("subscription")


def _check(table: str, name: str, rule: str) -> None:
    """Rows that are there are read without keeping writers out."""
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule}) NOT VALID")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def _create_subscriptions() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_subscription_id", sa.Text(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("months", sa.SmallInteger(), nullable=False),
        sa.Column("visits", sa.SmallInteger(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=True),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("is_ending", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "status IN ('PENDING', 'ACTIVE', 'PAST_DUE', 'EXPIRED', 'CANCELED')",
            name=op.f("ck_subscription_status_known"),
        ),
        sa.CheckConstraint("provider IN ('STRIPE', 'RAZORPAY')", name=op.f("ck_subscription_provider_known")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_subscription_amount_positive")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_subscription_currency_iso")),
        sa.CheckConstraint("months > 0", name=op.f("ck_subscription_months_positive")),
        sa.CheckConstraint("visits > 0", name=op.f("ck_subscription_visits_positive")),
        sa.CheckConstraint(
            "status = 'PENDING' OR ends_at > starts_at", name=op.f("ck_subscription_begun_has_period")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_subscription_patient_id"),
        sa.PrimaryKeyConstraint("id", name="pk_subscription"),
        sa.UniqueConstraint(
            "provider", "provider_subscription_id", name="uq_subscription_provider_provider_subscription_id"
        ),
    )
    live = sa.text("status IN ('PENDING', 'ACTIVE', 'PAST_DUE')")
    op.create_index(
        "uq_subscription_live", "subscription", ["patient_id"], unique=True, postgresql_where=live
    )
    op.create_index("ix_subscription_patient_id", "subscription", ["patient_id"])
    is_due = sa.text("due_at IS NOT NULL")
    op.create_index("ix_subscription_due_at", "subscription", ["due_at"], postgresql_where=is_due)


def _create_covered_visits() -> None:
    op.create_table(
        "covered_visit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("appointment_id", sa.BigInteger(), nullable=False),
        sa.Column("covered_at", INSTANT, nullable=False),
        sa.Column("returned_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name="fk_covered_visit_subscription_id"
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name="fk_covered_visit_appointment_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_covered_visit"),
        sa.UniqueConstraint("appointment_id", name="uq_covered_visit_appointment_id"),
    )
    op.create_index("ix_covered_visit_subscription_id", "covered_visit", ["subscription_id"])


def _extend_payments() -> None:
    op.add_column("payment", sa.Column("subscription_id", sa.BigInteger(), nullable=True))
    op.add_column("payment", sa.Column("months", sa.SmallInteger(), nullable=True))
    op.create_foreign_key(
        "fk_payment_subscription_id", "payment", "subscription", ["subscription_id"], ["id"]
    )
    for name, rule in OF_PAYMENTS.items():
        _check("payment", name, rule)
    op.create_index("ix_payment_subscription_id", "payment", ["subscription_id"])
    op.create_index(
        "uq_payment_open_subscription",
        "payment",
        ["subscription_id"],
        unique=True,
        postgresql_where=sa.text("status = 'PENDING'"),
    )
