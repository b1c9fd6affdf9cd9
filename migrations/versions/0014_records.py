"""Medical notes, which are only ever added.

Revision: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

REFUSE_CHANGES = """
CREATE FUNCTION refuse_change_of_notes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'patient_id' = to_jsonb(OLD) - 'patient_id' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'medical notes are only ever added'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_medical_note_stays', TABLE = 'medical_note';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "medical_note",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("appointment_id", sa.BigInteger(), nullable=True),
        sa.Column("corrects_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 10000", name=op.f("ck_medical_note_text_length")),
        sa.CheckConstraint("corrects_id <> id", name=op.f("ck_medical_note_corrects_another")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_medical_note_patient_id"),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name="fk_medical_note_appointment_id"
        ),
        sa.ForeignKeyConstraint(["corrects_id"], ["medical_note.id"], name="fk_medical_note_corrects_id"),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name="fk_medical_note_author_id"),
        sa.PrimaryKeyConstraint("id", name="pk_medical_note"),
    )
    op.create_index("ix_medical_note_patient_id", "medical_note", ["patient_id", "id"])
    op.create_index("ix_medical_note_corrects_id", "medical_note", ["corrects_id"])
    op.create_index("ix_medical_note_appointment_id", "medical_note", ["appointment_id"])
    op.execute(REFUSE_CHANGES)
    op.execute(
        "CREATE TRIGGER ck_medical_note_stays BEFORE UPDATE OR DELETE ON medical_note "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_notes()"
    )


def downgrade() -> None:
    op.drop_table("medical_note")
    op.execute("DROP FUNCTION refuse_change_of_notes()")
