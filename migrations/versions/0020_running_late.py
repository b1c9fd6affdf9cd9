"""A clinician runs late, and what staff overrode is kept with its reason.

New columns have constant defaults, which rewrite nothing.

Revision: 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "appointment",
        sa.Column("is_patient_engaged", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "appointment_change",
        sa.Column("overridden", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_table(
        "clinician_delay",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("clinician_id", sa.BigInteger(), nullable=False),
        sa.Column("centre_id", sa.BigInteger(), nullable=True),
        sa.Column("minutes", sa.SmallInteger(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_account_id", sa.BigInteger(), nullable=True),
        sa.Column("by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minutes BETWEEN 0 AND 240", name=op.f("ck_clinician_delay_minutes_sensible")),
        sa.CheckConstraint("ends_at > created_at", name=op.f("ck_clinician_delay_ends_later")),
        sa.ForeignKeyConstraint(["clinician_id"], ["clinician.id"], name="fk_clinician_delay_clinician_id"),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name="fk_clinician_delay_centre_id"),
        sa.ForeignKeyConstraint(["by_account_id"], ["account.id"], name="fk_clinician_delay_by_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_clinician_delay"),
    )
    op.create_index("ix_clinician_delay_clinician_id_ends_at", "clinician_delay", ["clinician_id", "ends_at"])
    op.create_index("ix_clinician_delay_ends_at", "clinician_delay", ["ends_at"])


def downgrade() -> None:
    op.drop_table("clinician_delay")
    op.drop_column("appointment_change", "overridden")
    op.drop_column("appointment", "is_patient_engaged")
