"""The waiting list: who would like to come earlier, and what was offered to whom.

Revision: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ENTRY_CHECKS = {
    "weekdays_iso": "weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]::smallint[] AND cardinality(weekdays) > 0",
    "parts_known": "parts <@ ARRAY['MORNING', 'AFTERNOON', 'EVENING'] AND cardinality(parts) > 0",
    "session_type_known": "session_type IN ('ONLINE', 'IN_PERSON')",
    "visit_keeps_clinician": "appointment_id IS NULL OR NOT any_clinician",
    "wish_has_last_day": "appointment_id IS NOT NULL OR last_on IS NOT NULL",
    "end_reason_known": "end_reason IN ('ACCEPTED', 'LEFT', 'STAFF', 'OVER')",
    "ended_has_reason": "(ended_at IS NULL) = (end_reason IS NULL)",
}
ENTRY_REFERENCES = {
    "patient_id": "patient",
    "appointment_id": "appointment",
    "clinician_id": "clinician",
    "service_id": "service",
    "centre_id": "centre",
    "created_by_id": "account",
}
OFFER_CHECKS = {
    "expires_later": "expires_at > offered_at",
    "state_known": "state IN ('OPEN', 'ACCEPTED', 'DECLINED', 'EXPIRED')",
    "settled_has_time": "(state = 'OPEN') = (settled_at IS NULL)",
}
OFFER_REFERENCES = {
    "entry_id": "waiting_list_entry",
    "patient_id": "patient",
    "clinician_id": "clinician",
    "hold_id": "appointment",
}


def upgrade() -> None:
    _create_entries()
    _create_offers()
    op.create_table(
        "waiting_list_opening",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("clinician_id", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinician.id"], name="fk_waiting_list_opening_clinician_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_waiting_list_opening"),
    )


def _create_entries() -> None:
    op.create_table(
        "waiting_list_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("appointment_id", sa.BigInteger(), nullable=True),
        sa.Column("clinician_id", sa.BigInteger(), nullable=False),
        sa.Column("any_clinician", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("service_id", sa.BigInteger(), nullable=False),
        sa.Column("centre_id", sa.BigInteger(), nullable=True),
        sa.Column("session_type", sa.Text(), nullable=False),
        sa.Column("weekdays", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("parts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        *_checks("waiting_list_entry", ENTRY_CHECKS),
        *_references("waiting_list_entry", ENTRY_REFERENCES),
        sa.PrimaryKeyConstraint("id", name="pk_waiting_list_entry"),
    )
    waiting = sa.text("ended_at IS NULL")
    wish = sa.text("ended_at IS NULL AND appointment_id IS NULL")
    table = "waiting_list_entry"
    op.create_index(
        f"uq_{table}_appointment_id", table, ["appointment_id"], unique=True, postgresql_where=waiting
    )
    op.create_index(
        f"uq_{table}_wish", table, ["patient_id", "service_id"], unique=True, postgresql_where=wish
    )
    op.create_index(f"ix_{table}_patient_id", table, ["patient_id"])
    op.create_index(f"ix_{table}_waiting", table, ["id"], postgresql_where=waiting)


def _create_offers() -> None:
    table = "waiting_list_offer"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("clinician_id", sa.BigInteger(), nullable=False),
        sa.Column("hold_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("previous_starts_at", INSTANT, nullable=True),
        sa.Column("offered_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), server_default="OPEN", nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        *_checks(table, OFFER_CHECKS),
        *_references(table, OFFER_REFERENCES),
        sa.PrimaryKeyConstraint("id", name="pk_waiting_list_offer"),
        sa.UniqueConstraint("hold_id", name="uq_waiting_list_offer_hold_id"),
        sa.UniqueConstraint(
            "patient_id",
            "clinician_id",
            "starts_at",
            name="uq_waiting_list_offer_patient_id_clinician_id_starts_at",
        ),
    )
    is_open = sa.text("state = 'OPEN'")
    op.create_index(f"uq_{table}_open_entry", table, ["entry_id"], unique=True, postgresql_where=is_open)
    op.create_index(
        f"uq_{table}_open_time", table, ["clinician_id", "starts_at"], unique=True, postgresql_where=is_open
    )
    op.create_index(f"ix_{table}_entry_id", table, ["entry_id"])
    op.create_index(f"ix_{table}_patient_id_offered_at", table, ["patient_id", "offered_at"])


def _checks(table: str, rules: dict[str, str]) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in rules.items()]


def _references(table: str, others: dict[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")
        for column, other in others.items()
    ]


def downgrade() -> None:
    op.drop_table("waiting_list_opening")
    op.drop_table("waiting_list_offer")
    op.drop_table("waiting_list_entry")
