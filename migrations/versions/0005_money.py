"""Money: payments and refunds, the inbox of webhooks, the ledger, receipts with numbers that have no gaps.

The database itself refuses refunds above what was paid, a ledger that does not balance, and changes of the books.

Revision: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

# The payment's row is locked, so that of two refunds at once the second sees the first.
REFUSE_ABOVE_PAID = """
CREATE FUNCTION refuse_refund_above_paid() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid bigint;
    returned bigint;
BEGIN
    SELECT CASE WHEN paid_at IS NULL THEN 0 ELSE amount_minor END INTO paid
    FROM payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
    SELECT coalesce(sum(amount_minor), 0) INTO returned
    FROM refund WHERE payment_id = NEW.payment_id AND id <> NEW.id AND status <> 'FAILED';
    IF NEW.status <> 'FAILED' AND returned + NEW.amount_minor > paid THEN
        RAISE EXCEPTION 'refunds would exceed what was paid'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_refund_within_paid', TABLE = 'refund';
    END IF;
    RETURN NEW;
END $$
"""

REFUSE_UNBALANCED = """
CREATE FUNCTION refuse_unbalanced_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM ledger_entry WHERE transaction_key = NEW.transaction_key
        GROUP BY currency HAVING sum(amount_minor) <> 0
    ) THEN
        RAISE EXCEPTION 'a transaction of the ledger does not sum to zero'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_entry_balanced', TABLE = 'ledger_entry';
    END IF;
    RETURN NULL;
END $$
"""

REFUSE_CHANGES = """
CREATE FUNCTION refuse_change_of_books() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is in the books stays as it is'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_' || TG_TABLE_NAME || '_stays', TABLE = TG_TABLE_NAME;
END $$
"""


def upgrade() -> None:
    _create_payments()
    _create_refunds()
    _create_inbox()
    _create_ledger()
    _create_numbers()
    _create_receipts()
    _let_the_database_refuse()


def downgrade() -> None:
    for table in ("receipt", "document_number", "ledger_entry", "webhook_event", "refund", "payment"):
        op.drop_table(table)
    for function in ("refuse_change_of_books", "refuse_unbalanced_ledger", "refuse_refund_above_paid"):
        op.execute(f"DROP FUNCTION {function}()")


def _create_payments() -> None:
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.BigInteger(), nullable=True),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("centre_id", sa.BigInteger(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("provider_payment_id", sa.Text(), nullable=True),
        sa.Column("transaction_id", sa.Text(), server_default="", nullable=False),
        sa.Column("instrument", sa.Text(), server_default="", nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("is_link", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("failure", sa.Text(), server_default="", nullable=False),
        sa.Column("taken_by_id", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("paid_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(method = 'ONLINE') = (provider IS NOT NULL)", name=op.f("ck_payment_online_has_provider")
        ),
        sa.CheckConstraint(
            "(purpose = 'APPOINTMENT') = (appointment_id IS NOT NULL)",
            name=op.f("ck_payment_purpose_has_subject"),
        ),
        sa.CheckConstraint(
            "(purpose = 'CREDITS' OR method = 'CREDITS') = (credits IS NOT NULL)",
            name=op.f("ck_payment_credits_counted"),
        ),
        sa.CheckConstraint(
            "(status IN ('PENDING', 'FAILED')) = (paid_at IS NULL)", name=op.f("ck_payment_paid_has_time")
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_payment_currency_iso")),
        sa.CheckConstraint(
            "method IN ('ONLINE', 'CASH', 'TERMINAL', 'CREDITS')", name=op.f("ck_payment_method_known")
        ),
        sa.CheckConstraint(
            "method NOT IN ('CASH', 'TERMINAL') OR centre_id IS NOT NULL",
            name=op.f("ck_payment_taken_at_centre"),
        ),
        sa.CheckConstraint(
            "patient_id IS NOT NULL OR purpose = 'CREDITS'", name=op.f("ck_payment_has_patient")
        ),
        sa.CheckConstraint("provider IN ('STRIPE', 'RAZORPAY')", name=op.f("ck_payment_provider_known")),
        sa.CheckConstraint(
            "purpose <> 'CREDITS' OR method <> 'CREDITS'", name=op.f("ck_payment_credits_cost_money")
        ),
        sa.CheckConstraint(
            "purpose IN ('APPOINTMENT', 'SUBSCRIPTION', 'CREDITS')", name=op.f("ck_payment_purpose_known")
        ),
        sa.CheckConstraint(
            "status IN ('PENDING', 'PAID', 'FAILED', 'REFUND_PENDING', 'PARTIALLY_REFUNDED', 'REFUNDED')",
            name=op.f("ck_payment_status_known"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_amount_positive")),
        sa.CheckConstraint(
            "credits IS NULL OR (credits > 0 AND account_id IS NOT NULL)",
            name=op.f("ck_payment_credits_have_owner"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_payment_account_id"),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name="fk_payment_appointment_id"),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name="fk_payment_centre_id"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_payment_patient_id"),
        sa.ForeignKeyConstraint(["taken_by_id"], ["account.id"], name="fk_payment_taken_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payment"),
        sa.UniqueConstraint("key", name="uq_payment_key"),
        sa.UniqueConstraint(
            "provider", "provider_payment_id", name="uq_payment_provider_provider_payment_id"
        ),
    )
    op.create_index("ix_payment_account_id", "payment", ["account_id", "created_at"])
    op.create_index("ix_payment_appointment_id", "payment", ["appointment_id"])
    op.create_index("ix_payment_patient_id", "payment", ["patient_id", "created_at"])
    op.create_index(
        "ix_payment_pending", "payment", ["created_at"], postgresql_where=sa.text("status = 'PENDING'")
    )
    op.create_index(
        "uq_payment_open",
        "payment",
        ["appointment_id", "is_link"],
        unique=True,
        postgresql_where=sa.text("status = 'PENDING'"),
    )


def _create_refunds() -> None:
    op.create_table(
        "refund",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("by_account_id", sa.BigInteger(), nullable=True),
        sa.Column("by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("provider_refund_id", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "(status = 'PENDING') = (settled_at IS NULL)", name=op.f("ck_refund_settled_has_time")
        ),
        sa.CheckConstraint("status IN ('PENDING', 'DONE', 'FAILED')", name=op.f("ck_refund_status_known")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_amount_positive")),
        sa.ForeignKeyConstraint(["by_account_id"], ["account.id"], name="fk_refund_by_account_id"),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name="fk_refund_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_refund"),
        sa.UniqueConstraint("key", name="uq_refund_key"),
        sa.UniqueConstraint("provider_refund_id", name="uq_refund_provider_refund_id"),
    )
    op.create_index("ix_refund_payment_id", "refund", ["payment_id"])
    op.create_index(
        "ix_refund_pending", "refund", ["created_at"], postgresql_where=sa.text("status = 'PENDING'")
    )


def _create_inbox() -> None:
    op.create_table(
        "webhook_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), server_default="", nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("handled_at", INSTANT, nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "about IN ('PAYMENT', 'REFUND', 'LINK', 'SUBSCRIPTION', 'OTHER')",
            name=op.f("ck_webhook_event_about_known"),
        ),
        sa.CheckConstraint(
            "provider IN ('STRIPE', 'RAZORPAY')", name=op.f("ck_webhook_event_provider_known")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_event"),
        sa.UniqueConstraint("provider", "event_id", name="uq_webhook_event_provider_event_id"),
    )
    op.create_index(
        "ix_webhook_event_due", "webhook_event", ["due_at"], postgresql_where=sa.text("handled_at IS NULL")
    )


def _create_ledger() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("transaction_key", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("refund_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "account ~ '^(((patient|clinician|credits|cash|terminal):[1-9][0-9]*)|provider:[A-Z]+|bank|credits|platform|tax)$'",
            name=op.f("ck_ledger_entry_account_known"),
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_ledger_entry_currency_iso")),
        sa.CheckConstraint(
            "reason <> 'PAID' OR payment_id IS NOT NULL", name=op.f("ck_ledger_entry_paid_has_payment")
        ),
        sa.CheckConstraint(
            "reason IN ('PAID', 'REFUNDED', 'REFUND_FAILED', 'EARNED', 'EARNING_RETURNED', 'PAID_OUT', 'CREDITS_GIVEN')",
            name=op.f("ck_ledger_entry_reason_known"),
        ),
        sa.CheckConstraint(
            "reason NOT IN ('REFUNDED', 'REFUND_FAILED') OR refund_id IS NOT NULL",
            name=op.f("ck_ledger_entry_refunded_has_refund"),
        ),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_ledger_entry_amount_not_zero")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name="fk_ledger_entry_payment_id"),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name="fk_ledger_entry_refund_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entry"),
    )
    op.create_index("ix_ledger_entry_account", "ledger_entry", ["account", "currency", "id"])
    op.create_index("ix_ledger_entry_payment_id", "ledger_entry", ["payment_id"])
    op.create_index("ix_ledger_entry_transaction_key", "ledger_entry", ["transaction_key"])
    op.create_index(
        "uq_ledger_entry_once",
        "ledger_entry",
        ["payment_id", "refund_id", "reason", "account", "currency"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("reason IN ('PAID', 'REFUNDED', 'REFUND_FAILED')"),
    )


def _create_numbers() -> None:
    op.create_table(
        "document_number",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('RECEIPT', 'INVOICE', 'QUOTATION', 'STATEMENT')",
            name=op.f("ck_document_number_kind_known"),
        ),
        sa.CheckConstraint("last > 0", name=op.f("ck_document_number_last_positive")),
        sa.PrimaryKeyConstraint("id", name="pk_document_number"),
        sa.UniqueConstraint("kind", "year", name="uq_document_number_kind_year"),
    )


def _create_receipts() -> None:
    op.create_table(
        "receipt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("issued_to", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("tax_lines", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_receipt_currency_iso")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_receipt_amount_positive")),
        sa.CheckConstraint("number > 0", name=op.f("ck_receipt_number_positive")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name="fk_receipt_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_receipt"),
        sa.UniqueConstraint("payment_id", name="uq_receipt_payment_id"),
        sa.UniqueConstraint("year", "number", name="uq_receipt_year_number"),
    )


def _let_the_database_refuse() -> None:
    for function in (REFUSE_ABOVE_PAID, REFUSE_UNBALANCED, REFUSE_CHANGES):
        op.execute(function)
    op.execute(
        "CREATE TRIGGER ck_refund_within_paid BEFORE INSERT OR UPDATE ON refund "
        "FOR EACH ROW EXECUTE FUNCTION refuse_refund_above_paid()"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER ck_ledger_entry_balanced AFTER INSERT ON ledger_entry "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unbalanced_ledger()"
    )
    for table in ("ledger_entry", "receipt"):
        op.execute(
            f"CREATE TRIGGER ck_{table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_books()"
        )
