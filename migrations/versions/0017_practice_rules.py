"""A practice changes its own rules, and sees who changed what when.

Revision: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

REFUSE_CHANGES = """
CREATE FUNCTION refuse_change_of_rule_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'changes of rules are only ever added'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_practice_rule_change_stays', TABLE = 'practice_rule_change';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "practice_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_practice_rule"),
    )
    op.create_index("uq_practice_rule_key", "practice_rule", ["key"], unique=True)
    op.create_table(
        "practice_rule_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("old_value", sa.Text(), nullable=True),
        sa.Column("new_value", sa.Text(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "old_value IS NOT NULL OR new_value IS NOT NULL",
            name=op.f("ck_practice_rule_change_says_something"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_practice_rule_change_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_practice_rule_change"),
    )
    op.create_index("ix_practice_rule_change_account_id", "practice_rule_change", ["account_id"])
    op.execute(REFUSE_CHANGES)
    op.execute(
        "CREATE TRIGGER ck_practice_rule_change_stays BEFORE UPDATE OR DELETE ON practice_rule_change "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_rule_changes()"
    )


def downgrade() -> None:
    op.drop_table("practice_rule_change")
    op.execute("DROP FUNCTION refuse_change_of_rule_changes()")
    op.drop_table("practice_rule")
