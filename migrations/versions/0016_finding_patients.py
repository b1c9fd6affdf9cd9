"""Patients found by any writing of their name, by date of birth, and by the beginning of an email address.

Nobody has to wait with a booking until an index of all patients is there. Whatever a broken attempt has left is made
anew, so that this can be run again.

Revision: 0016
"""

from collections.abc import Mapping

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NEW = {
    "ix_patient_folded_name_trgm": "USING gin (folded(full_name) gin_trgm_ops)",
    "ix_patient_date_of_birth": "(date_of_birth)",
    "ix_patient_merged_into_id": "(merged_into_id) WHERE merged_into_id IS NOT NULL",
    "ix_patient_email_beginning": "(email text_pattern_ops)",
}
OLD = {
    "ix_patient_full_name_trgm": "USING gin (lower(full_name) gin_trgm_ops)",
    "ix_patient_email": "(email)",
}


def upgrade() -> None:
    _replace(OLD, NEW)


def downgrade() -> None:
    _replace(NEW, OLD)


def _replace(old: Mapping[str, str], new: Mapping[str, str]) -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for others, and others never for it
        for name, what in new.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON patient {what}")
        for name in old:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute("SET lock_timeout = '5s'")
