"""Defences of the manager's: identity, ingest, store, twins."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "a table on 80 columns cuts nothing short",
        "fleet/columns.py",
        ', overflow="fold"',
        "",
        ("tests/fleet/test_columns.py",),
    ),
    Mutant(
        "what the store did not take is not acknowledged",
        "fleet/ingest/sink.py",
        "self._settle(connection, [item for item in items if sender_of(item) in known], now, result)",
        "self._settle(connection, list(items), now, result)",
        ("tests/fleet/ingest/test_sink.py",),
    ),
    Mutant(
        "an event stored again is stored once",
        "fleet/ingest/sink.py",
        'make(event).on_conflict_do_nothing(index_elements=["device", "boot", "seq"])',
        "make(event)",
        ("tests/fleet/ingest/test_sink.py::test_sent_again_it_is_stored_once",),
    ),
    Mutant(
        "the audit log is appended to only",
        "fleet/store/migrations/versions/v0001_first_schema.py",
        "SELECT RAISE(ABORT, 'the audit log is append-only')",
        "SELECT 1",
        ("tests/fleet/store",),
    ),
    Mutant(
        "a new configuration keeps the orders that stand",
        "fleet/twins.py",
        "msgspec.Raw(wanted), orders or self.orders, kept)",
        "msgspec.Raw(wanted), orders, kept)",
        ("tests/fleet/rollouts/test_life.py",),
    ),
    Mutant(
        "the certificate for orders is for nothing else",
        "fleet/identity/authority.py",
        "x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])",
        "x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.CLIENT_AUTH])",
        ("tests/fleet/rollouts/test_signer.py",),
    ),
    Mutant(
        "the control room shows no density of a camera that looks elsewhere",
        "fleet/control_room/board.py",
        "        if count.moved:\n            zone.density = None\n",
        "",
        ("tests/fleet/control_room/test_board.py",),
    ),
    Mutant(
        "a density that is told no more is shown no more",
        "fleet/control_room/things.py",
        "density = self.density if self.stamp.at - self.dense_at <= 1000 * self.silence_limit_s else None",
        "density = self.density",
        ("tests/fleet/control_room/test_board.py",),
    ),
    Mutant(
        "numbers of a camera that looks elsewhere say so in the control room",
        "fleet/control_room/things.py",
        "moved=any(flow.moved for flow in (self.flow, *recent)),",
        "",
        ("tests/fleet/control_room/test_board.py",),
    ),
    Mutant(
        "a stranger's request to enrol that is no UTF-8 is refused, not broken over",
        "fleet/api/app.py",
        "type=EnrolRequest)\n        except (msgspec.DecodeError, UnicodeDecodeError) as error:",
        "type=EnrolRequest)\n        except msgspec.DecodeError as error:",
        ("tests/fleet/api/test_answers.py",),
    ),
)
