"""Messages that arrive once: the outbox grows into deliveries; in-app notifications, conversations, calendar feeds.

Forward-safe: the table `message` becomes `delivery`, and a view of the old name takes what the release before this
one still writes. The view goes with a later migration.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _rename("message", "delivery")
    op.execute(
        "CREATE VIEW message AS SELECT id, kind, channel, recipient, subject, text, code, appointment_id, created_at "
        "FROM delivery"
    )
    _extend_deliveries()
    _let_people_choose()
    _create_notifications()
    _create_conversations()
    _create_small_tables()


def downgrade() -> None:
    for table in ("watermark", "calendar_feed", "live_ticket", "message_template", "notification"):
        op.drop_table(table)
    op.drop_column("delivery", "conversation_id")
    op.drop_table("conversation_message")
    op.drop_table("conversation")
    op.drop_column("account", "wants_mail")
    for column in ("channels", "wants_reminders", "language", "time_zone"):
        op.drop_column("patient", column)
    op.execute("DROP VIEW message")
    for index in ("uq_delivery_once", "ix_delivery_due", "ix_delivery_undelivered", "ix_delivery_patient_id"):
        op.drop_index(index, table_name="delivery")
    for column in (*(column.name for column in _columns()), "bundled_into_id"):
        op.drop_column("delivery", column)
    _rename("delivery", "message")


def _rename(old: str, new: str) -> None:
    op.rename_table(old, new)
    op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT pk_{old} TO pk_{new}")
    op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT ck_{old}_channel_known TO ck_{new}_channel_known")
    op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT fk_{old}_appointment_id TO fk_{new}_appointment_id")
    op.execute(f"ALTER INDEX ix_{old}_created_at RENAME TO ix_{new}_created_at")
    op.execute(f"ALTER INDEX ix_{old}_appointment_id RENAME TO ix_{new}_appointment_id")
    op.execute(f"ALTER SEQUENCE {old}_id_seq RENAME TO {new}_id_seq")


def _columns() -> list[sa.Column]:
    return [
        sa.Column("key", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", INSTANT, nullable=True),
        sa.Column("offset_minutes", sa.Integer(), nullable=True),
        sa.Column("round", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("is_urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("useful_until", INSTANT, nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("provider_id", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("handled_at", INSTANT, nullable=True),
        sa.Column("handled_by_id", sa.BigInteger(), nullable=True),
    ]


def _extend_deliveries() -> None:
    for column in _columns():
        op.add_column("delivery", column)
    op.add_column("delivery", sa.Column("bundled_into_id", sa.BigInteger(), nullable=True))
    # What the release before wrote was shown, never sent.
    op.execute("UPDATE delivery SET status = 'SKIPPED', reason = 'BEFORE_SENDING'")
    for name, column, target in (
        ("patient_id", "patient_id", "patient"),
        ("account_id", "account_id", "account"),
        ("bundled_into_id", "bundled_into_id", "delivery"),
        ("handled_by_id", "handled_by_id", "account"),
    ):
        op.execute(
            f"ALTER TABLE delivery ADD CONSTRAINT fk_delivery_{name} FOREIGN KEY ({column}) REFERENCES {target} (id) NOT VALID"
        )
        op.execute(f"ALTER TABLE delivery VALIDATE CONSTRAINT fk_delivery_{name}")
    op.execute(
        "ALTER TABLE delivery ADD CONSTRAINT ck_delivery_status_known "
        "CHECK (status IN ('PENDING', 'SENDING', 'SENT', 'FAILED', 'SKIPPED', 'MISSED')) NOT VALID"
    )
    op.execute("ALTER TABLE delivery VALIDATE CONSTRAINT ck_delivery_status_known")
    op.create_index(
        "uq_delivery_once",
        "delivery",
        ["appointment_id", "version", "starts_at", "kind", "channel", "offset_minutes", "recipient", "round"],
        unique=True,
        postgresql_where=sa.text("appointment_id IS NOT NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["channel", "is_urgent", "due_at"],
        postgresql_where=sa.text("status IN ('PENDING', 'SENDING')"),
    )
    op.create_index(
        "ix_delivery_undelivered",
        "delivery",
        ["id"],
        postgresql_where=sa.text("status IN ('FAILED', 'MISSED') AND handled_at IS NULL"),
    )
    op.create_index("ix_delivery_patient_id", "delivery", ["patient_id"])


def _let_people_choose() -> None:
    op.add_column("patient", sa.Column("channels", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column(
        "patient", sa.Column("wants_reminders", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    )
    op.add_column("patient", sa.Column("language", sa.Text(), nullable=True))
    op.add_column("patient", sa.Column("time_zone", sa.Text(), nullable=True))
    op.add_column(
        "account", sa.Column("wants_mail", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    )


def _create_notifications() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("action", sa.Text(), server_default="", nullable=False),
        sa.Column("related_id", sa.BigInteger(), nullable=True),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_notification_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
    )
    op.create_index("ix_notification_account_id", "notification", ["account_id", "id"])
    op.create_index(
        "ix_notification_unread", "notification", ["account_id"], postgresql_where=sa.text("read_at IS NULL")
    )


def _create_conversations() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("other_account_id", sa.BigInteger(), nullable=True),
        sa.Column("centre_id", sa.BigInteger(), nullable=True),
        sa.Column("read_by_account", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("read_by_other", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_message_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_message_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(other_account_id IS NULL) <> (centre_id IS NULL)", name=op.f("ck_conversation_one_other_side")
        ),
        sa.CheckConstraint("account_id < other_account_id", name=op.f("ck_conversation_in_order")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_conversation_account_id"),
        sa.ForeignKeyConstraint(["other_account_id"], ["account.id"], name="fk_conversation_other_account_id"),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name="fk_conversation_centre_id"),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
        sa.UniqueConstraint("account_id", "other_account_id", name="uq_conversation_account_id_other_account_id"),
        sa.UniqueConstraint("account_id", "centre_id", name="uq_conversation_account_id_centre_id"),
    )
    op.create_index("ix_conversation_other_account_id", "conversation", ["other_account_id"])
    op.create_index("ix_conversation_centre_id", "conversation", ["centre_id"])
    op.create_index(
        "ix_conversation_new_to_team",
        "conversation",
        ["centre_id"],
        postgresql_where=sa.text("last_message_id > read_by_other"),
    )
    op.create_table(
        "conversation_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "char_length(content) BETWEEN 1 AND 5000", name=op.f("ck_conversation_message_content_length")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_conversation_message_conversation_id"
        ),
        sa.ForeignKeyConstraint(["sender_id"], ["account.id"], name="fk_conversation_message_sender_id"),
        sa.PrimaryKeyConstraint("id", name="pk_conversation_message"),
    )
    op.create_index(
        "ix_conversation_message_conversation_id", "conversation_message", ["conversation_id", "id"]
    )
    op.add_column("delivery", sa.Column("conversation_id", sa.BigInteger(), nullable=True))
    op.execute(
        "ALTER TABLE delivery ADD CONSTRAINT fk_delivery_conversation_id "
        "FOREIGN KEY (conversation_id) REFERENCES conversation (id) NOT VALID"
    )
    op.execute("ALTER TABLE delivery VALIDATE CONSTRAINT fk_delivery_conversation_id")


def _create_small_tables() -> None:
    op.create_table(
        "message_template",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("provider_template", sa.Text(), server_default="", nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("updated_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('SMS', 'WHATSAPP', 'EMAIL')", name=op.f("ck_message_template_channel_known")
        ),
        sa.ForeignKeyConstraint(["updated_by_id"], ["account.id"], name="fk_message_template_updated_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message_template"),
        sa.UniqueConstraint("kind", "channel", "language", name="uq_message_template_kind_channel_language"),
    )
    op.create_table(
        "live_ticket",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_live_ticket_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name="fk_live_ticket_device_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_live_ticket"),
        sa.UniqueConstraint("token_hash", name="uq_live_ticket_token_hash"),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_read_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_calendar_feed_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_feed"),
        sa.UniqueConstraint("account_id", name="uq_calendar_feed_account_id"),
        sa.UniqueConstraint("token_hash", name="uq_calendar_feed_token_hash"),
    )
    op.create_table(
        "watermark",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reached", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_watermark"),
        sa.UniqueConstraint("name", name="uq_watermark_name"),
    )
