"""What clinicians can do, by category.

Revision: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "category",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 80", name=op.f("ck_category_name_length")),
        sa.PrimaryKeyConstraint("id", name="pk_category"),
    )
    op.create_index(
        "uq_category_name", "category", [sa.literal_column("folded(name)").label("folded")], unique=True
    )
    op.create_table(
        "skill",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("clinician_id", sa.BigInteger(), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("proficiency", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 80", name=op.f("ck_skill_name_length")),
        sa.CheckConstraint(
            "proficiency IN ('BEGINNER', 'INTERMEDIATE', 'ADVANCED', 'EXPERT')",
            name=op.f("ck_skill_proficiency_known"),
        ),
        sa.ForeignKeyConstraint(["clinician_id"], ["clinician.id"], name="fk_skill_clinician_id"),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name="fk_skill_category_id"),
        sa.PrimaryKeyConstraint("id", name="pk_skill"),
    )
    op.create_index(
        "uq_skill_clinician_id_name",
        "skill",
        ["clinician_id", sa.literal_column("folded(name)").label("folded")],
        unique=True,
    )
    op.create_index("ix_skill_category_id", "skill", ["category_id", "clinician_id"])


def downgrade() -> None:
    op.drop_table("skill")
    op.drop_table("category")
