"""Identity: sign-up by email, links by mail, and the decisions about clinicians who signed up.

Revision: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("signed_up_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("plan", sa.Text(), server_default="free", nullable=False))
    op.execute(
        "ALTER TABLE account ADD CONSTRAINT ck_account_plan_known CHECK (plan IN ('free', 'pro')) NOT VALID"
    )
    op.execute("ALTER TABLE account VALIDATE CONSTRAINT ck_account_plan_known")
    op.create_table(
        "email_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('VERIFY', 'RESET')", name=op.f("ck_email_link_purpose_known")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_email_link_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_email_link_token_hash")),
    )
    op.create_index("ix_email_link_account_id", "email_link", ["account_id"], unique=False)
    op.create_index("ix_email_link_expires_at", "email_link", ["expires_at"], unique=False)
    op.create_table(
        "clinician_approval",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("clinician_id", sa.BigInteger(), nullable=False),
        sa.Column("is_approved", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinician.id"], name=op.f("fk_clinician_approval_clinician_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["account.id"], name=op.f("fk_clinician_approval_decided_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinician_approval")),
    )
    op.create_index("ix_clinician_approval_clinician_id", "clinician_approval", ["clinician_id"], unique=False)


def downgrade() -> None:
    op.drop_table("clinician_approval")
    op.drop_table("email_link")
    op.drop_column("account", "plan")
    op.drop_column("account", "signed_up_at")
