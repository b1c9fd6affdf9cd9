"""A visit may follow up another; a note that is sent twice is one.

The index of all appointments is made without keeping anybody from booking; whatever a broken attempt has left is made
anew, so that this can be run again.

Revision: 0021
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

INDEX = "ix_appointment_follow_up_of_id"
NOTES, ONCE = "medical_note", "uq_medical_note_author_id_form_key"
CONSTRAINTS = {
    "fk_appointment_follow_up_of_id": "FOREIGN KEY (follow_up_of_id) REFERENCES appointment (id)",
    "ck_appointment_follows_another": "CHECK (follow_up_of_id <> id)",
}


def upgrade() -> None:
    op.execute("ALTER TABLE appointment ADD COLUMN IF NOT EXISTS follow_up_of_id bigint")
    for name, rule in CONSTRAINTS.items():
        op.execute(f"ALTER TABLE appointment DROP CONSTRAINT IF EXISTS {name}")
        op.execute(f"ALTER TABLE appointment ADD CONSTRAINT {name} {rule} NOT VALID")
        op.execute(f"ALTER TABLE appointment VALIDATE CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {NOTES} ADD COLUMN IF NOT EXISTS form_key uuid")
    op.execute(f"ALTER TABLE {NOTES} DROP CONSTRAINT IF EXISTS {ONCE}")
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for others, and others never for it
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        op.execute(
            f"CREATE INDEX CONCURRENTLY {INDEX} ON appointment (follow_up_of_id) WHERE follow_up_of_id IS NOT NULL"
        )
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {ONCE}")
        op.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {ONCE} ON {NOTES} (author_id, form_key)")
        op.execute("SET lock_timeout = '5s'")
    op.execute(f"ALTER TABLE {NOTES} ADD CONSTRAINT {ONCE} UNIQUE USING INDEX {ONCE}")


def downgrade() -> None:
    op.drop_column(NOTES, "form_key")
    op.drop_column("appointment", "follow_up_of_id")
