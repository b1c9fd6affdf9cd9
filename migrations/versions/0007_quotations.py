"""Quotations: what is offered to a client at which price, in versions.

Revision: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
REFERENCES = {
    "appointment_id": "appointment",
    "clinician_id": "clinician",
    "created_by_id": "account",
    "patient_id": "patient",
    "revises_id": "quotation",
    "service_id": "service",
}
CHECKS = {
    "status_known": "status IN ('DRAFT', 'SENT', 'ACCEPTED', 'DECLINED')",
    "numbered_when_sent": (
        "num_nulls(year, number, version, token_hash, sent_at) = CASE status WHEN 'DRAFT' THEN 5 ELSE 0 END"
    ),
    "decided_has_time": "(status IN ('ACCEPTED', 'DECLINED')) = (decided_at IS NOT NULL)",
    "sent_has_address": "status = 'DRAFT' OR client_email IS NOT NULL",
    "booked_was_accepted": "appointment_id IS NULL OR status = 'ACCEPTED'",
    "discount_within_subtotal": "discount_minor BETWEEN 0 AND subtotal_minor",
    "total_adds_up": "total_minor = subtotal_minor - discount_minor",
    "currency_iso": "currency ~ '^[A-Z]{3}$'",
}


def upgrade() -> None:
    op.create_table(
        "quotation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("revises_id", sa.BigInteger(), nullable=True),
        sa.Column("year", sa.SmallInteger(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.SmallInteger(), nullable=True),
        sa.Column("clinician_id", sa.BigInteger(), nullable=False),
        sa.Column("service_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("client_email", sa.Text(), nullable=True),
        sa.Column("subtotal_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_lines", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("valid_until_on", sa.Date(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="DRAFT", nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("superseded_at", INSTANT, nullable=True),
        sa.Column("appointment_id", sa.BigInteger(), nullable=True),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_quotation_{name}")) for name, rule in CHECKS.items()),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_quotation_{column}")
            for column, table in REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("id", name="pk_quotation"),
        sa.UniqueConstraint("year", "number", "version", name="uq_quotation_year_number_version"),
        sa.UniqueConstraint("token_hash", name="uq_quotation_token_hash"),
        sa.UniqueConstraint("appointment_id", name="uq_quotation_appointment_id"),
    )
    op.create_index(
        "uq_quotation_revises_id",
        "quotation",
        ["revises_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("ix_quotation_clinician_id", "quotation", ["clinician_id", "id"])
    op.create_index("ix_quotation_patient_id", "quotation", ["patient_id", "id"])
    _create_items()


def _create_items() -> None:
    op.create_table(
        "quotation_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("quotation_id", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("description <> ''", name=op.f("ck_quotation_item_described")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_quotation_item_quantity_positive")),
        sa.CheckConstraint("unit_minor >= 0", name=op.f("ck_quotation_item_unit_not_negative")),
        sa.ForeignKeyConstraint(["quotation_id"], ["quotation.id"], name="fk_quotation_item_quotation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_quotation_item"),
    )
    op.create_index("ix_quotation_item_quotation_id", "quotation_item", ["quotation_id"])


def downgrade() -> None:
    op.drop_table("quotation_item")
    op.drop_table("quotation")
