"""Visits that repeat are one series; a patient is asked to choose another time.

The index of all appointments is made without keeping anybody from booking; whatever a broken attempt has left is made
anew, so that this can be run again.

Revision: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

SERIES, INDEX, REFERENCE = "appointment_series", "ix_appointment_series_id", "fk_appointment_series_id"


def upgrade() -> None:
    op.create_table(
        SERIES,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("form_key", sa.Uuid(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "rhythm IN ('WEEKLY', 'FORTNIGHTLY', 'MONTHLY')", name=op.f(f"ck_{SERIES}_rhythm_known")
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["account.id"], name=f"fk_{SERIES}_created_by_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{SERIES}"),
        sa.UniqueConstraint("created_by_id", "form_key", name=f"uq_{SERIES}_created_by_id_form_key"),
        if_not_exists=True,
    )
    op.execute("ALTER TABLE appointment ADD COLUMN IF NOT EXISTS series_id bigint")
    op.execute("ALTER TABLE appointment ADD COLUMN IF NOT EXISTS move_asked_at timestamptz")
    op.execute(f"ALTER TABLE appointment DROP CONSTRAINT IF EXISTS {REFERENCE}")
    op.execute(
        f"ALTER TABLE appointment ADD CONSTRAINT {REFERENCE} FOREIGN KEY (series_id) REFERENCES {SERIES} (id) NOT VALID"
    )
    op.execute(f"ALTER TABLE appointment VALIDATE CONSTRAINT {REFERENCE}")
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for others, and others never for it
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        op.execute(
            f"CREATE INDEX CONCURRENTLY {INDEX} ON appointment (series_id) WHERE series_id IS NOT NULL"
        )
        op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    op.drop_column("appointment", "move_asked_at")
    op.drop_column("appointment", "series_id")
    op.drop_table(SERIES)
