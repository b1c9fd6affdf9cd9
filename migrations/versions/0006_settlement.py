"""Settlement: when a provider is to be asked about a payment, and when a refund is to be sent.

Revision: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("payment", sa.Column("due_at", INSTANT, nullable=True))
    op.create_index(
        "ix_payment_due_at", "payment", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.add_column("refund", sa.Column("due_at", INSTANT, server_default=sa.text("now()"), nullable=False))
    op.add_column("refund", sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False))
    op.drop_index("ix_refund_pending", "refund")
    op.create_index("ix_refund_due_at", "refund", ["due_at"], postgresql_where=sa.text("status = 'PENDING'"))


def downgrade() -> None:
    op.drop_index("ix_refund_due_at", "refund")
    op.create_index(
        "ix_refund_pending", "refund", ["created_at"], postgresql_where=sa.text("status = 'PENDING'")
    )
    for table, column in (("refund", "attempts"), ("refund", "due_at")):
        op.drop_column(table, column)
    op.drop_index("ix_payment_due_at", "payment")
    op.drop_column("payment", "due_at")
