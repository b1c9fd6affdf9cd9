"""Receipts say who issued them: a practice that moves, or is given another tax number, changes none of them.

Revision: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COLUMNS = ("issuer_name", "issuer_address", "issuer_tax_number")


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("receipt", sa.Column(column, sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    for column in reversed(COLUMNS):
        op.drop_column("receipt", column)
