"""Payouts to clinicians, each with the lines of the ledger that its statement lists; and the plans of clinicians.

Revision: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("clinician", sa.Column("plan", sa.Text(), server_default="FREE", nullable=False))
    op.add_column("clinician", sa.Column("plan_expires_at", INSTANT, nullable=True))
    op.create_check_constraint(op.f("ck_clinician_plan_known"), "clinician", "plan IN ('FREE', 'PRO')")
    op.add_column("ledger_entry", sa.Column("appointment_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        "fk_ledger_entry_appointment_id", "ledger_entry", "appointment", ["appointment_id"], ["id"]
    )
    _create_payouts()
    _create_lines()
    for table in ("payout", "payout_line"):
        op.execute(
            f"CREATE TRIGGER ck_{table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_books()"
        )


def downgrade() -> None:
    op.drop_table("payout_line")
    op.drop_table("payout")
    op.drop_constraint("fk_ledger_entry_appointment_id", "ledger_entry", type_="foreignkey")
    op.drop_column("ledger_entry", "appointment_id")
    op.drop_constraint(op.f("ck_clinician_plan_known"), "clinician", type_="check")
    for column in ("plan_expires_at", "plan"):
        op.drop_column("clinician", column)


def _create_payouts() -> None:
    op.create_table(
        "payout",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("clinician_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("transaction_key", sa.Uuid(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_payout_currency_iso")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payout_amount_positive")),
        sa.CheckConstraint("number > 0", name=op.f("ck_payout_number_positive")),
        sa.ForeignKeyConstraint(["clinician_id"], ["clinician.id"], name="fk_payout_clinician_id"),
        sa.ForeignKeyConstraint(["made_by_id"], ["account.id"], name="fk_payout_made_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payout"),
        sa.UniqueConstraint("transaction_key", name="uq_payout_transaction_key"),
        sa.UniqueConstraint("year", "number", name="uq_payout_year_number"),
    )
    op.create_index("ix_payout_clinician_id", "payout", ["clinician_id", "currency", "id"])


def _create_lines() -> None:
    op.create_table(
        "payout_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("payout_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name="fk_payout_line_entry_id"),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name="fk_payout_line_payout_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payout_line"),
        sa.UniqueConstraint("entry_id", name="uq_payout_line_entry_id"),
    )
    op.create_index("ix_payout_line_payout_id", "payout_line", ["payout_id"])
