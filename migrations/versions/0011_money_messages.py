"""Messages about money: which payment each is about. A payment is told of once for each of its links and refunds.

Revision: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ONCE = ["appointment_id", "version", "starts_at", "kind", "channel", "offset_minutes", "recipient", "round"]


def upgrade() -> None:
    op.add_column("delivery", sa.Column("payment_id", sa.BigInteger(), nullable=True))
    op.execute(
        "ALTER TABLE delivery ADD CONSTRAINT fk_delivery_payment_id "
        "FOREIGN KEY (payment_id) REFERENCES payment (id) NOT VALID"
    )
    op.execute("ALTER TABLE delivery VALIDATE CONSTRAINT fk_delivery_payment_id")
    _tell_once([*ONCE, "payment_id"])


def downgrade() -> None:
    op.execute("DELETE FROM delivery WHERE payment_id IS NOT NULL")
    _tell_once(ONCE)
    op.drop_constraint("fk_delivery_payment_id", "delivery")
    op.drop_column("delivery", "payment_id")


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
