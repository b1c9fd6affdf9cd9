"""Messages about money: which payment or refund each is about, and of which it is told once.

Revision: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ONCE = ["appointment_id", "version", "starts_at", "kind", "channel", "offset_minutes", "recipient", "round"]
ABOUT = ("payment", "refund")


def upgrade() -> None:
    for subject in ABOUT:
        op.add_column("delivery", sa.Column(f"{subject}_id", sa.BigInteger(), nullable=True))
        op.execute(
            f"ALTER TABLE delivery ADD CONSTRAINT fk_delivery_{subject}_id "
            f"FOREIGN KEY ({subject}_id) REFERENCES {subject} (id) NOT VALID"
        )
        op.execute(f"ALTER TABLE delivery VALIDATE CONSTRAINT fk_delivery_{subject}_id")
    _tell_once([*ONCE, *(f"{subject}_id" for subject in ABOUT)])


def downgrade() -> None:
    op.execute("DELETE FROM delivery WHERE payment_id IS NOT NULL")
    _tell_once(ONCE)
    for subject in ABOUT:
        op.drop_column("delivery", f"{subject}_id")


def _tell_once(columns: list[str]) -> None:
    """The new index before the old one goes: what is sent meanwhile is sent once."""
    op.execute("ALTER INDEX uq_delivery_once RENAME TO uq_delivery_once_before")
    op.create_index(
        "uq_delivery_once",
        "delivery",
        columns,
        unique=True,
        postgresql_where=sa.text("appointment_id IS NOT NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index("uq_delivery_once_before", "delivery")
