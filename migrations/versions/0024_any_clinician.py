"""Whoever waits for an earlier time may take it with another clinician.

Revision: 0024
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

NAME = "ck_waiting_list_entry_visit_keeps_clinician"


def upgrade() -> None:
    op.drop_constraint(op.f(NAME), "waiting_list_entry", type_="check")


def downgrade() -> None:
    op.execute("UPDATE waiting_list_entry SET any_clinician = false WHERE appointment_id IS NOT NULL")
    op.create_check_constraint(
        op.f(NAME), "waiting_list_entry", "appointment_id IS NULL OR NOT any_clinician"
    )
