"""Who looks after whom: patients without a way to be reached of their own.

Revision: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
REACHABLE = "phone IS NOT NULL OR email IS NOT NULL"
LEADS_NOWHERE = """
UPDATE patient SET email = 'dependant-' || id || '@example.invalid' WHERE phone IS NULL AND email IS NULL
"""


def upgrade() -> None:
    op.create_table(
        "care",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("carer_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("paused_at", INSTANT, nullable=True),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("carer_id <> patient_id", name=op.f("ck_care_not_oneself")),
        sa.CheckConstraint(
            "relation IN ('CHILD', 'PARENT', 'PARTNER', 'OTHER')", name=op.f("ck_care_relation_known")
        ),
        sa.ForeignKeyConstraint(["carer_id"], ["patient.id"], name="fk_care_carer_id"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_care_patient_id"),
        sa.ForeignKeyConstraint(["created_by_id"], ["account.id"], name="fk_care_created_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_care"),
        sa.UniqueConstraint("carer_id", "patient_id", name="uq_care_carer_id_patient_id"),
    )
    op.create_index("ix_care_patient_id", "care", ["patient_id"])
    op.add_column(
        "patient", sa.Column("is_dependant", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    _check_reachable(f"{REACHABLE} OR is_dependant")


def downgrade() -> None:
    """Who could be reached by nobody's phone but a carer's gets an address that leads nowhere."""
    op.execute(LEADS_NOWHERE)
    _check_reachable(REACHABLE)
    op.drop_column("patient", "is_dependant")
    op.drop_table("care")


def _check_reachable(rule: str) -> None:
    """Looked over without keeping anybody from writing."""
    op.execute("ALTER TABLE patient DROP CONSTRAINT ck_patient_reachable")
    op.execute(f"ALTER TABLE patient ADD CONSTRAINT ck_patient_reachable CHECK ({rule}) NOT VALID")
    op.execute("ALTER TABLE patient VALIDATE CONSTRAINT ck_patient_reachable")
