"""The tables of shots: what each box heard, incidents that the manager makes of it, and how boxes are trusted.

Rules: times are milliseconds since 1970 by the manager's clock, unless a comment says otherwise; ``gunshot_heard`` is one row
for each incident of a box, kept up to date from its events and erased with them; what is in these tables is all that the
process of shots knows, so that whoever follows it goes on.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, String, Table

from fleet.store.tables import metadata

gunshot_heard = Table(
    "gunshot_heard",
    metadata,
    Column("device", String(32), primary_key=True),
    Column("heard", String(36), primary_key=True, comment="incident of the box"),
    Column("boot", String(12), nullable=False),
    Column("seq", BigInteger, nullable=False, comment="of its latest event"),
    Column("event", BigInteger, nullable=False, comment="row of its latest event"),
    Column("source", String(32), nullable=False, comment="microphone of the box; empty where the event names none"),
    Column("received", BigInteger, nullable=False, comment="the first event"),
    Column("at", BigInteger, nullable=False, comment="onset of the first blast, the box's clock"),
    Column("since", BigInteger, nullable=False, comment="onset where the clock was set, else arrival"),
    Column("ended", Boolean, nullable=False),
    Column("lat", Float),
    Column("lon", Float),
    Column("shots", Float, nullable=False),
    Column("posterior", Float),
    Column("snr_db", Float, nullable=False),
    Column("bundle", String(32), nullable=False, comment="of the model that spoke; empty where the event names none"),
    Column("version", String(32), nullable=False),
    Column("doubt", String(160), comment="why nothing was made of it"),
    Column("incident", String(36), comment="of the manager"),
    Index("ix_gunshot_heard_incident", "incident"),
    Index("ix_gunshot_heard_received", "received"),
    Index("ix_gunshot_heard_bundle", "bundle", "received"),
)

gunshot_incident = Table(
    "gunshot_incident",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("number", BigInteger, nullable=False, comment="within the process while it is open"),
    Column("begun", BigInteger, nullable=False, comment="when the first box was heard of"),
    Column("grown", BigInteger, nullable=False, comment="when it last grew"),
    Column("closed", BigInteger, comment="null: it may still grow"),
    Column("became", String(36), comment="of which it became part"),
    Column("raised", BigInteger, comment="when it was first told; null: nobody was told"),
    Column("held", Boolean, nullable=False, comment="first told, or not told, while alerts were held to high confidence"),
    Column("withheld", Boolean, nullable=False, comment="not told for that alone"),
    Column("boxes", Integer, nullable=False),
    Column("probability", Float, nullable=False),
    Column("seen", LargeBinary, nullable=False, comment="ShotsTold as known last, JSON"),
    Column("assessed", LargeBinary, nullable=False, comment="Assessed, JSON"),
    Index("ix_gunshot_incident_closed", "closed"),
    Index("ix_gunshot_incident_begun", "begun"),
)

gunshot_box = Table(
    "gunshot_box",
    metadata,
    Column("device", String(32), primary_key=True),
    Column("confirmed", Float, nullable=False, comment="detections that others confirmed, the older the less"),
    Column("alone", Float, nullable=False, comment="that others could have confirmed and did not"),
    Column("at", BigInteger, nullable=False, comment="when it was last counted"),
)
