"""Which record of a patient went into which; names found without their accents, and people by date of birth.

Revision: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Every name in it is written out, so that a restored dump finds them whatever its search path.
FOLDED = """
CREATE FUNCTION folded(written text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT pg_catalog.lower(public.unaccent('public.unaccent'::pg_catalog.regdictionary, written)) $$
"""


REASONS = (
    "'PAID', 'REFUNDED', 'REFUND_FAILED', 'EARNED', 'EARNING_RETURNED', 'PAID_OUT', 'CREDITS_GIVEN'"
)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    op.execute(FOLDED)
    op.add_column("patient", sa.Column("merged_into_id", sa.BigInteger(), nullable=True))
    op.add_column("patient", sa.Column("merged_at", sa.DateTime(timezone=True), nullable=True))
    _add("fk_patient_merged_into_id", "FOREIGN KEY (merged_into_id) REFERENCES patient (id)")
    _add("ck_patient_merged_is_gone", "CHECK (merged_into_id IS NULL OR deleted_at IS NOT NULL)")
    _add("ck_patient_merged_has_time", "CHECK ((merged_into_id IS NULL) = (merged_at IS NULL))")
    _widen("ledger_entry", "reason_known", f"reason IN ({REASONS}, 'MERGED')")
    _widen("resource", "kind_known", "kind IN ('CLINICIAN', 'PATIENT', 'MERGED')")


def _add(name: str, rule: str) -> None:
    """Looked over without keeping anybody from writing."""
    op.execute(f"ALTER TABLE patient ADD CONSTRAINT {name} {rule} NOT VALID")
    op.execute(f"ALTER TABLE patient VALIDATE CONSTRAINT {name}")


def _widen(table: str, name: str, rule: str) -> None:
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({rule}) NOT VALID")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{name}")


def downgrade() -> None:
    """What was merged stays so; a ledger with entries of it cannot go back, and says so."""
    op.execute("UPDATE resource SET kind = 'PATIENT' WHERE kind = 'MERGED'")
    _widen("resource", "kind_known", "kind IN ('CLINICIAN', 'PATIENT')")
    _widen("ledger_entry", "reason_known", f"reason IN ({REASONS})")
    for name in ("ck_patient_merged_has_time", "ck_patient_merged_is_gone", "fk_patient_merged_into_id"):
        op.execute(f"ALTER TABLE patient DROP CONSTRAINT {name}")
    op.drop_column("patient", "merged_at")
    op.drop_column("patient", "merged_into_id")
    op.execute("DROP FUNCTION folded(text)")
    op.execute("DROP EXTENSION unaccent")
