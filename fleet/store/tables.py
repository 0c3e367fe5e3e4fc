"""The tables. Times are integers, milliseconds since 1970 by the manager's clock, unless a name says otherwise.

Rules: ``event.row`` only rises and is the order of the live stream; ``(device, boot, seq)`` is unique, so that storing again
changes nothing; ``event.incident`` is of alerts only, the alert's own id where it belongs to none; ``audit`` is
append-only by trigger; JSON is kept as received, for what it was. Progress of a rollout is what its boxes' rows say, and
nothing beside them: whoever is killed goes on from there. No row says a plate: entries of hit lists are sealed, and what opens
them lies in the key store, which is no part of this one.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_BIG = BigInteger().with_variant(Integer, "sqlite")

device = Table(
    "device",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("label", String(80), nullable=False, default=""),
    Column("registered_at", BigInteger),
    Column("public_key", LargeBinary, comment="Ed25519, raw"),
    Column("certificate_until", BigInteger),
    Column("withdrawn_at", BigInteger),
    Column("last_word", BigInteger),
    Column("state", LargeBinary, comment="last State, JSON"),
    Column("state_at", BigInteger),
    Column("telemetry", LargeBinary, comment="last Telemetry, JSON"),
    Column("telemetry_at", BigInteger),
    Column("desired", LargeBinary, comment="Desired, JSON"),
    Column("reported", LargeBinary, comment="Reported, JSON"),
    Column("changed", BigInteger, nullable=False, default=0, comment="rises with every change of this row"),
    Column("conflict_at", BigInteger, comment="when two boxes last seemed to share this name"),
    Column("birth", LargeBinary, comment="last State of its own that said what it is, JSON; a will says nothing of it"),
    Column("site", String(32), nullable=False, default="", server_default="", comment="where it stands, for people"),
    Column("tags", Text, nullable=False, default="[]", server_default="[]", comment="JSON list"),
    Column("powered", Text, comment="Hours with power, JSON; null = always"),
    Column("orders", BigInteger, nullable=False, default=0, server_default="0", comment="counter of the last orders"),
)

code = Table(
    "enrolment_code",
    metadata,
    Column("digest", String(64), primary_key=True, comment="SHA-256 of the code"),
    Column("device", String(32), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

event = Table(
    "event",
    metadata,
    Column("row", _BIG, primary_key=True, autoincrement=True),
    Column("device", String(32), nullable=False),
    Column("boot", String(12), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("id", String(36), nullable=False),
    Column("type", String(64), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("time", BigInteger, nullable=False, comment="made on the box, its clock, microseconds"),
    Column("received", BigInteger, nullable=False),
    Column("incident", String(36)),
    Column("phase", String(8)),
    Column("schema", String(9), nullable=False),
    Column("body", LargeBinary, nullable=False, comment="JSON as received"),
    UniqueConstraint("device", "boot", "seq"),
    Index("ix_event_incident", "incident"),
    Index("ix_event_type_row", "type", "row"),
    sqlite_autoincrement=True,
)

watermark = Table(
    "watermark",
    metadata,
    Column("device", String(32), primary_key=True),
    Column("boot", String(12), primary_key=True),
    Column("settled", LargeBinary, nullable=False, comment="SeqSet: watermark and ranges, JSON"),
    Column("missing", BigInteger, nullable=False, default=0, comment="reported as evicted or lost"),
    Column("changed", BigInteger, nullable=False, comment="when it last grew"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("row", _BIG, primary_key=True, autoincrement=True),
    Column("device", String(32), nullable=False),
    Column("boot", String(12)),
    Column("seq", BigInteger),
    Column("received", BigInteger, nullable=False),
    Column("reason", String(48), nullable=False),
    Column("detail", String(240), nullable=False),
    Column("topic", String(160), nullable=False),
    Column("data", LargeBinary, nullable=False, comment="first bytes of the payload"),
)

verdict = Table(
    "verdict",
    metadata,
    Column("row", _BIG, primary_key=True, autoincrement=True),
    Column("incident", String(36), nullable=False, index=True),
    Column("decision", String(12), nullable=False),
    Column("reason", String(300), nullable=False),
    Column("account", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("password", String(200), nullable=False, comment="argon2id"),
    Column("active", Boolean, nullable=False, default=True),
    Column("made_at", BigInteger, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("digest", String(64), primary_key=True, comment="SHA-256 of the token"),
    Column("account", String(64), ForeignKey("account.name"), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("row", _BIG, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(48), nullable=False),
    Column("subject", String(80), nullable=False, comment="an id, never content"),
    Column("digest", String(64), nullable=False, comment="salted SHA-256 of what was decided"),
    Column("chain", String(64), nullable=False, comment="SHA-256 over the row before and this one"),
)

outgoing = Table(
    "outgoing",
    metadata,
    Column("row", _BIG, primary_key=True, autoincrement=True),
    Column("device", String(32), nullable=False),
    Column("command", String(64), nullable=False, comment="name, or 'twin' for the desired twin"),
    Column("payload", LargeBinary, nullable=False),
    Column("correlation", String(36), nullable=False, unique=True),
    Column("asked_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("reply", Text),
    Column("replied_at", BigInteger),
    # Looked for ten times a second, among a day's rows of which hardly any waits.
    Index("ix_outgoing_unsent", "row", sqlite_where=text("sent_at IS NULL"), postgresql_where=text("sent_at IS NULL")),
    Index("ix_outgoing_asked_at", "asked_at"),
)

setting = Table(
    "setting",
    metadata,
    Column("name", String(48), primary_key=True),
    Column("value", Text, nullable=False),
)

rollout = Table(
    "rollout",
    metadata,
    Column("number", _BIG, primary_key=True, autoincrement=True, comment="for people"),
    Column("id", String(36), nullable=False, unique=True, comment="UUIDv7, as in orders"),
    Column("bundle", String(32), nullable=False),
    Column("release", BigInteger, nullable=False),
    Column("plan", LargeBinary, nullable=False, comment="Plan, JSON; never changed"),
    Column("published", LargeBinary, nullable=False, comment="the release as it was planned for, JSON"),
    Column("back_of", BigInteger, comment="number of the rollout whose boxes it takes back"),
    Column("state", String(12), nullable=False),
    Column("reason", String(240), nullable=False, default="", comment="why it stopped or was ended"),
    Column("planned_by", String(64), nullable=False),
    Column("planned_at", BigInteger, nullable=False),
    Column("approved_by", String(64)),
    Column("approved_at", BigInteger),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("joined_at", BigInteger, comment="when all its boxes were placed"),
    Column("stage", Integer, nullable=False, default=0, comment="last group that may have orders"),
    Column("stage_at", BigInteger, comment="since when"),
    Index("ix_rollout_state", "state"),
    sqlite_autoincrement=True,
)

rollout_box = Table(
    "rollout_box",
    metadata,
    Column("rollout", BigInteger, primary_key=True, autoincrement=False, comment="number"),
    Column("device", String(32), primary_key=True),
    Column("stage", Integer, nullable=False, comment="group"),
    Column("state", String(12), nullable=False),
    Column("key", String(64), nullable=False, comment="SHA-256 of the box's public key; another one: it was replaced"),
    Column("version", String(32), nullable=False, comment="of the bundle, that it ran when it was placed"),
    Column("nonce", String(32)),
    Column("counter", BigInteger, comment="of the orders in which it was ordered first"),
    Column("stands", Boolean, nullable=False, default=False, comment="whether the order is in its twin"),
    Column("ordered_at", BigInteger),
    Column("accepted_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("renew_at", BigInteger, comment="when it needs further windows"),
    Column("reason", String(48), nullable=False, default="", comment="code: why it failed or was set aside"),
    Column("detail", String(120), nullable=False, default=""),
    Column("fetched_bytes", BigInteger, nullable=False, default=0),
    Column("agreement", Float),
    Column("latency_ratio", Float),
    Index("ix_rollout_box_state", "rollout", "state"),
    Index("ix_rollout_box_nonce", "nonce"),
    Index("ix_rollout_box_device", "device"),
)

rollout_report = Table(
    "rollout_report",
    metadata,
    Column("event", BigInteger, primary_key=True, autoincrement=False, comment="its row"),
    Column("rollout", BigInteger, index=True, comment="number; null where it names no order of ours"),
    Column("device", String(32), nullable=False),
    Column("bundle", String(32), nullable=False),
    Column("release", BigInteger, nullable=False),
    Column("running", BigInteger, nullable=False),
    Column("step", String(12), nullable=False),
    Column("flag", String(12), nullable=False, comment="what it was worth"),
    Column("received", BigInteger, nullable=False),
)

rollout_note = Table(
    "rollout_note",
    metadata,
    Column("row", _BIG, primary_key=True, autoincrement=True),
    Column("rollout", BigInteger, nullable=False, index=True, comment="number"),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(24), nullable=False),
    Column("words", String(240), nullable=False),
)

device_release = Table(
    "device_release",
    metadata,
    Column("device", String(32), primary_key=True),
    Column("bundle", String(32), primary_key=True),
    Column("release", BigInteger, nullable=False, comment="that it runs, by its last signed report"),
    Column("at", BigInteger, nullable=False),
)

list_version = Table(
    "list_version",
    metadata,
    Column("number", _BIG, primary_key=True, autoincrement=True, comment="for people"),
    Column("list", String(32), nullable=False),
    Column("version", BigInteger, comment="of the list; null until it is signed"),
    Column("state", String(12), nullable=False),
    Column("content", String(32), nullable=False, comment="its entries, which a rotation of the key hands on"),
    Column("based_on", String(32), comment="content that stood when it was drafted"),
    Column("proof", String(64), nullable=False, comment="HMAC-SHA256 of the entries under the key that seals them"),
    Column("purpose", String(32), nullable=False),
    Column("basis", String(120), nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("least", Float, nullable=False, comment="posterior from which a reading is a hit"),
    Column("entries", Integer, nullable=False),
    Column("added", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("drafted_by", String(64), nullable=False),
    Column("drafted_at", BigInteger, nullable=False),
    Column("approved_by", String(64)),
    Column("approved_at", BigInteger),
    Column("published_at", BigInteger),
    Column("ended_by", String(64)),
    Column("ended_at", BigInteger),
    Column("words", String(240), nullable=False, default="", comment="why it ended, or why it waits"),
    Column("key", String(64), comment="under which its digests are"),
    Column("header", LargeBinary, comment="ListHeader as signed"),
    Column("digest", String(64), comment="SHA-256 of the whole file"),
    Column("size", BigInteger),
    Column("changes", LargeBinary, comment="tuple of ListChange, JSON"),
    Column("seal", String(64), comment="HMAC-SHA256 of what was decided on, under the key that seals the entries"),
    UniqueConstraint("list", "version"),
    Index("ix_list_version_state", "state"),
    sqlite_autoincrement=True,
)

list_part = Table(
    "list_part",
    metadata,
    Column("content", String(32), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("made_at", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False, comment="entries and what people say of them, sealed"),
)

plate_key = Table(
    "plate_key",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("use", String(12), nullable=False, comment="list, pseudonym or entries"),
    Column("purpose", String(32), nullable=False),
    Column("list", String(32)),
    Column("begins", BigInteger, nullable=False),
    Column("ends", BigInteger, comment="null: with its list"),
    Column("made_at", BigInteger, nullable=False),
    Column("rotate_asked_at", BigInteger),
    Column("retired_at", BigInteger, comment="since when another stands in its place"),
    Column("commitment", String(64), nullable=False, comment="SHA-256 over id and key"),
    Column("destroyed_at", BigInteger),
    Index("ix_plate_key_use", "use", "destroyed_at"),
)

key_handout = Table(
    "key_handout",
    metadata,
    Column("device", String(32), primary_key=True),
    Column("boot", String(12), nullable=False),
    Column("given", String(64), nullable=False, comment="SHA-256 of ids and times of what was given"),
    Column("ids", Text, nullable=False, comment="JSON list"),
    Column("sent_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False, comment="of the same for the same boot"),
    Column("window_at", BigInteger, nullable=False),
    Column("window_count", Integer, nullable=False, comment="since then"),
)

list_box = Table(
    "list_box",
    metadata,
    Column("device", String(32), primary_key=True),
    Column("list", String(32), primary_key=True),
    Column("version", BigInteger, nullable=False, comment="that it says it uses"),
    Column("since", BigInteger, nullable=False),
)
