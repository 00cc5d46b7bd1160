"""The tables of the messaging channels: where replies go, who wants none, and which are on their way."""

from __future__ import annotations

import sqlalchemy as sa

from assistant.conversations.models import COUNTER, ID, Base


class ChannelAddress(Base):
    """Where a conversation's replies go: the only place that holds a visitor's number or account, encrypted."""

    __tablename__ = "addresses"

    conversation_id = sa.Column(ID, primary_key=True)
    who = sa.Column(sa.String(64), nullable=False, index=True)  # a keyed hash of the address; outlives the conversation
    address = sa.Column(sa.LargeBinary, nullable=False)
    last_inbound_at = sa.Column(sa.Float, nullable=False)


class OptOut(Base):
    """Somebody who wants no more messages. It outlives their conversations, as it must be honoured after these."""

    __tablename__ = "opt_outs"

    who = sa.Column(sa.String(64), primary_key=True)
    channel = sa.Column(sa.String(32), nullable=False)
    at = sa.Column(sa.Float, nullable=False)
    by = sa.Column(sa.String(12), nullable=False)  # the visitor, or the platform that tells us so
    ended_at = sa.Column(sa.Float)  # they want messages again


class Delivery(Base):
    """A part of a reply on its way to a messaging platform."""

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "number", "part"),
        sa.Index("ix_deliveries_platform_id", "channel", "platform_id"),
        sa.Index(
            "ix_deliveries_waiting",
            "next_at",
            postgresql_where=sa.text("state = 'waiting'"),
            sqlite_where=sa.text("state = 'waiting'"),
        ),
    )

    id = sa.Column(COUNTER, primary_key=True)
    conversation_id = sa.Column(ID, nullable=False)
    number = sa.Column(sa.Integer, nullable=False)  # of the message that it is a part of
    part = sa.Column(sa.Integer, nullable=False)
    channel = sa.Column(sa.String(32), nullable=False)
    body = sa.Column(sa.Text)  # encrypted JSON; emptied once the platform has it, or never will
    state = sa.Column(sa.String(12), nullable=False)
    attempts = sa.Column(sa.Integer, nullable=False)
    next_at = sa.Column(sa.Float, nullable=False)  # not before; while it is being sent, when others may try
    platform_id = sa.Column(sa.String(255))
    error = sa.Column(sa.String(96))
    created_at = sa.Column(sa.Float, nullable=False)
    changed_at = sa.Column(sa.Float, nullable=False)
