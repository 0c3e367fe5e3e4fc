"""The keys of plates that a box holds: offered a lock, given by the manager, forgotten at their end.

Rules:

- A lock never leaves memory, and serves for one bundle: it is made anew at each start and once it has opened one. After a power
  cut the box has another one, no key, and says so.
- Keys come in a command that the manager's key for orders has signed, for this lock, this box and this boot. So what somebody
  held back, or recorded, opens no more once later keys have come: it could bring back what has been withdrawn.
- A bundle is all that is held: what it does not name is forgotten, and so is what has ended. All or none of a bundle is taken.
- Secrets are in a vault (:mod:`edge.lists.vault`) and are lent to one call at a time; what can be seen of the ring are ids.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from edge.lists.vault import Vault
from ota.device.moment import Moment
from ota.device.signers import ORDERS, Signer
from protocol.keys import KeyBundle, KeyOffer, KeysError, PlateKey, SealedKeys, offer_bytes, packed, sealed_bytes
from protocol.pseudonyms import MOST_DAYS
from protocol.sealing import open_sealed

_SIGNER = Signer(ORDERS, "the keys", KeysError)


@dataclass(frozen=True)
class Place:
    """Who the box is, and in which boot."""

    fleet: str
    device: str
    boot: str


@dataclass(frozen=True)
class Held:
    """What may be known of a key."""

    id: str
    use: str
    purpose: str
    begins: dt.datetime
    ends: dt.datetime


class Keyring:
    """Any thread may ask and give.

    Args:
        place: this box and boot.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._renew()
        self._vault = Vault()
        self._guard = threading.Lock()
        self._held: dict[str, tuple[Held, int]] = {}
        self._taken = ""

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self.ids)})"

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the keys that are held, sorted."""
        return tuple(sorted(self._held))

    @property
    def lacks(self) -> tuple[str, ...]:
        """What the system does not do for the memory that holds them."""
        return self._vault.lacks

    def offer(self, sign: Callable[[bytes], bytes]) -> KeyOffer:
        """The lock, signed with the box's identity.

        Args:
            sign: Ed25519 with the box's key.
        """
        place = self._place
        return KeyOffer(self.lock, packed(sign(offer_bytes(place.fleet, place.device, place.boot, self.lock))))

    def take(self, sealed: SealedKeys, trusted: Sequence[x509.Certificate], time: Moment) -> tuple[str, ...]:
        """Take a bundle that came, and offer another lock; returns the ids that are held now.

        Raises:
            KeysError: it is not from the manager, not for this lock, box and boot, or says what no keys say. What is held
                stays.
        """
        _SIGNER.check(
            sealed_bytes(sealed.lock, sealed.sender, sealed.sealed), sealed.signature, sealed.certificate_pem, trusted, time
        )
        place = self._place
        with self._guard:
            if sealed.sender == self._taken:  # the broker may deliver twice
                return self.ids
            bundle = open_sealed(sealed, self._own, place.fleet, place.device, place.boot)
            _check(bundle)
            self._replace([key for key in bundle.keys if key.ends > time.now])
            self._taken = sealed.sender
            self._renew()
        return self.ids

    def forget(self, time: Moment) -> tuple[str, ...]:
        """Forget what has ended; returns its ids."""
        with self._guard:
            ended = [name for name, (held, _) in self._held.items() if held.ends <= time.now]
            for name in ended:
                self._vault.wipe(self._held.pop(name)[1])
        return tuple(ended)

    def clear(self) -> None:
        """Forget everything, and what the lock would have opened."""
        with self._guard:
            self._renew()
            self._held = {}
            self._vault.close()
            self._vault = Vault()

    def find(self, use: str, purpose: str, time: Moment, name: str | None = None) -> Held | None:
        """The key to use now: of those that have begun the latest, else, where the time is not known, the earliest.

        Args:
            use: ``list`` or ``pseudonym``.
            purpose: that it must be for.
            time: of which it must be.
            name: its id, where it must be one.
        """
        fitting = [
            held
            for held, _ in tuple(self._held.values())
            if (held.use, held.purpose) == (use, purpose) and name in {None, held.id} and time.now < held.ends
        ]
        begun = [held for held in fitting if held.begins <= time.now]
        if begun:
            return max(begun, key=lambda held: held.begins)
        return None if time.known or not fitting else min(fitting, key=lambda held: held.begins)

    @contextlib.contextmanager
    def lent(self, name: str) -> Iterator[memoryview | None]:
        """The secret of a key for as long as the block lasts, or ``None`` when it has just been forgotten."""
        with self._guard:
            entry = self._held.get(name)
            yield None if entry is None else self._vault.secret(entry[1])

    def _renew(self) -> None:
        """Make another lock."""
        self._own = X25519PrivateKey.generate()
        self.lock = packed(self._own.public_key().public_bytes_raw())

    def _replace(self, keys: Sequence[PlateKey]) -> None:
        """Hold these and no others."""
        before, held = self._held, {}
        for key in keys:
            held[key.id] = Held(key.id, key.use, key.purpose, key.begins, key.ends), self._vault.put(key.key())
        self._held = held
        for _, place in before.values():
            self._vault.wipe(place)


def _check(bundle: KeyBundle) -> None:
    """See that a bundle says what keys may say.

    Raises:
        KeysError: it does not.
    """
    names = [key.id for key in bundle.keys]
    if len(set(names)) != len(names):
        msg = "keys came that name one twice; none is taken"
        raise KeysError(msg)
    for key in bundle.keys:
        if key.ends <= key.begins:
            msg = f"key {key.id} ends before it begins; none is taken"
            raise KeysError(msg)
        if key.use == "pseudonym" and key.ends - key.begins > dt.timedelta(days=MOST_DAYS):
            msg = f"key {key.id} would make pseudonyms for more than {MOST_DAYS} days; none is taken"
            raise KeysError(msg)
