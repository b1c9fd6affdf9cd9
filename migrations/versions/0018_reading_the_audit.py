"""The audit is read by time, by colleague and by action.

Nobody has to wait with their work until an index of all that was ever done is there. Whatever a broken attempt has
left is made anew, so that this can be run again.

Revision: 0018
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NEW = {
    "ix_audit_entry_happened_at": "(happened_at, id)",
    "ix_audit_entry_account_id": "(account_id, happened_at)",
    "ix_audit_entry_action": "(action, happened_at)",
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for others, and others never for it
        for name, what in NEW.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON audit_entry {what}")
        op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        for name in NEW:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute("SET lock_timeout = '5s'")
