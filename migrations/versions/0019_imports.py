"""Files are brought in after a dry run.

Revision: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    counts = ("new_count", "unchanged_count", "faulty_count", "problem_count")
    op.create_table(
        "import_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), server_default="", nullable=False),
        sa.Column("encoding", sa.Text(), server_default="", nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("problems", postgresql.JSONB(), server_default="[]", nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in counts),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('CLINICIANS', 'HOURS', 'PATIENTS')", name=op.f("ck_import_run_kind_known")
        ),
        sa.CheckConstraint("status IN ('FAULTY', 'READY', 'DONE')", name=op.f("ck_import_run_status_known")),
        sa.CheckConstraint(
            "(status = 'DONE') = (done_at IS NOT NULL)", name=op.f("ck_import_run_done_has_time")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_import_run_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_import_run"),
    )
    op.create_index("ix_import_run_digest", "import_run", ["digest"])
    op.create_index("ix_import_run_account_id", "import_run", ["account_id"])
    op.create_index(
        "ix_import_run_to_empty", "import_run", ["created_at"], postgresql_where=sa.text("emptied_at IS NULL")
    )


def downgrade() -> None:
    op.drop_table("import_run")
