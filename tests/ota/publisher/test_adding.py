"""A bundle becomes a release: what is taken, what is refused, how it is numbered, and which deltas it gets."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tuf.api.metadata import Targets

from models.bundle.bundle import zoo
from ota.deltafile import HEADER_SIZE, Content, Method, read_header
from ota.device.delta import apply
from ota.publisher.adding import Added, Wishes
from ota.publisher.catalogue import catalogue, history
from ota.publisher.differences import LEAST_SAVED
from ota.publisher.errors import ReleaseRefusedError
from ota.publisher.roles import TARGETS
from protocol.release import NOTHING, release_of
from tests.ota.publisher.bundles import NAME, make_bundle, nudged, weights
from tests.ota.publisher.site import ENGINEERS, NO_DELTAS, Site

INT8 = f"{NAME}.int8.onnx"
FIRST = weights(1)
SMALL = 600


def pending(site: Site) -> Targets:
    signed = site.publisher.carried(TARGETS).pending.signed
    assert isinstance(signed, Targets)
    return signed


def test_what_a_box_needs_and_no_more(site: Site) -> None:
    added = site.add("1.0.1", size=SMALL, wishes=Wishes(("jetson-orin", "pi-5"), "0.2", bases=()))
    release = added.release
    assert (release.bundle, release.release, release.version) == (NAME, 2, "1.0.1")
    assert release.files == ("manifest.json", "golden.npz"), "the card is for people"
    assert [(form.file, form.runtime, form.precision) for form in release.forms] == [
        (INT8, "onnxruntime", "int8"),
        (f"{NAME}.fp32.onnx", "onnxruntime", "fp32"),
    ]
    assert (release.hardware, release.agent) == (("jetson-orin", "pi-5"), "0.2")
    targets = pending(site).targets
    assert release_of(targets[f"{NAME}/2/manifest.json"].custom) == release
    assert [path for path, target in targets.items() if target.custom and "release" in target.custom] == [
        f"{NAME}/1/manifest.json",
        f"{NAME}/2/manifest.json",
    ]


def test_bundles_of_the_zoo_can_be_released(site: Site) -> None:
    added = site.publisher.add(zoo() / "plate-detector", NO_DELTAS)
    assert {form.runtime for form in added.release.forms} == {"onnxruntime", "litert"}
    assert set(added.sizes) == {"manifest.json", "golden.npz", *(form.file for form in added.release.forms)}


def edit(folder: Path, **fields: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no manifest": (lambda f: (f / "manifest.json").unlink(), r"not a bundle \(No such file or directory: manifest\.json\)"),
    "a manifest that is none": (lambda f: (f / "manifest.json").write_text("{"), "cannot be deployed"),
    "a name that is no name": (lambda f: edit(f, name="../plate"), r"name"),
    "a version that is none": (lambda f: edit(f, version="1.0"), r"version"),
    "a file that is missing": (lambda f: (f / INT8).unlink(), rf"{INT8}: cannot be read"),
    "a file that was changed": (lambda f: (f / INT8).write_bytes(bytes(SMALL)), rf"{INT8}: differs from its manifest"),
    "golden vectors that were changed": (lambda f: (f / "golden.npz").write_bytes(b""), r"golden\.npz: differs"),
    "a purpose that the law forbids": (lambda f: edit(f, intended_purpose="face recognition"), r"article 5\(1\)\(h\)"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_bundles_that_are_refused(site: Site, fault: str) -> None:
    change, message = FAULTS[fault]
    folder = site.bundle("1.0.1", size=SMALL)
    change(folder)
    with pytest.raises(ReleaseRefusedError, match=message):
        site.publisher.add(folder)
    assert not site.publisher.status().pending, "nothing is half done"
    assert not (site.workshop / "pending/content").exists()


def test_a_file_called_as_a_delta_is_refused(site: Site, tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "odd", "1.0.1", size=SMALL)
    (folder / INT8).rename(folder / "x.from-0123456789abcdef.delta")
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace(INT8, "x.from-0123456789abcdef.delta"))
    with pytest.raises(ReleaseRefusedError, match=r"\.delta: is called as deltas are"):
        site.publisher.add(folder)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        (Wishes(agent="new"), "agent"),
        (Wishes(agent="0.2-beta"), "agent"),
        (Wishes(hardware=("",)), "hardware"),
        (Wishes(hardware=("x" * 91,)), "hardware"),
        (Wishes(hardware=tuple(f"board-{i}" for i in range(33))), "hardware"),
        (Wishes(number=1), "release 1 of plate-reader was given already, up to 1"),
        (Wishes(bases=(7,)), "there is no release 7 of 'plate-reader': of that bundle there are 1; bundles: plate-reader"),
    ],
)
def test_wishes_that_are_refused(site: Site, wishes: Wishes, message: str) -> None:
    with pytest.raises(ReleaseRefusedError, match=message):
        site.add("1.0.1", size=SMALL, wishes=wishes)
    assert not site.publisher.status().pending


def test_a_version_means_one_content_for_ever(site: Site) -> None:
    with pytest.raises(ReleaseRefusedError, match=r"version 1\.0\.0 of plate-reader was released with another content"):
        site.add("1.0.0", weights(2, SMALL))
    site.add("1.0.1", weights(2, SMALL))
    with pytest.raises(ReleaseRefusedError, match=r"version 1\.0\.1 .* raise the version in the bundle's recipe"):
        site.add("1.0.1", weights(3, SMALL))
    site.publisher.remove(NAME, 2)
    with pytest.raises(ReleaseRefusedError, match=r"version 1\.0\.1"):
        site.add("1.0.1", weights(3, SMALL))
    assert site.add("1.0.0", size=SMALL).release.release == 3, "the same content may come again"


def test_numbers_rise_and_are_never_given_again(site: Site) -> None:
    assert site.add("1.0.1", size=SMALL).release.release == 2
    assert site.add("1.0.2", size=SMALL, wishes=Wishes(number=10, bases=())).release.release == 10
    site.publisher.remove(NAME, 10)
    assert site.add("1.0.3", size=SMALL).release.release == 11
    site.publisher.remove(NAME, 11)
    site.publisher.remove(NAME, 2)
    site.sign(TARGETS, *ENGINEERS)
    site.publisher.publish()
    assert site.add("1.0.4", size=SMALL).release.release == 12
    assert site.add("1.0.0", size=SMALL, name="other").release.release == 1, "each bundle counts for itself"
    assert history(pending(site))[NAME].highest == 12


def test_what_nobody_signed_may_be_given_again_and_what_somebody_signed_not(site: Site) -> None:
    site.add("1.0.1", size=SMALL)
    site.publisher.discard(TARGETS)
    assert site.add("1.0.2", size=SMALL).release.release == 2
    assert site.publisher.carried(TARGETS).pending.version == 2
    site.sign(TARGETS, "engineer-1")
    site.publisher.discard(TARGETS)
    assert site.add("1.0.3", size=SMALL).release.release == 3
    assert site.publisher.carried(TARGETS).pending.version == 3


def test_signatures_are_lost_by_a_change_and_that_is_said(site: Site) -> None:
    site.add("1.0.1", size=SMALL)
    site.sign(TARGETS, "engineer-1")
    added = site.add("1.0.2", size=SMALL)
    assert added.dropped
    assert added.version == 3
    assert not site.publisher.carried(TARGETS).pending.metadata.signatures
    assert set(catalogue(pending(site))) == {(NAME, 1), (NAME, 2), (NAME, 3)}


def test_again_is_the_old_content_under_a_new_number(site: Site) -> None:
    site.add("1.0.1", size=SMALL, wishes=Wishes(("pi-5",), "0.3", bases=()))
    site.sign(TARGETS, *ENGINEERS)
    site.publisher.publish()
    back = site.publisher.again(NAME, 1, NO_DELTAS)
    listed = catalogue(pending(site))
    assert (back.release.release, back.release.version) == (3, "1.0.0")
    assert {n: t.hashes for n, t in listed[NAME, 3].files.items()} == {n: t.hashes for n, t in listed[NAME, 1].files.items()}
    forth = site.publisher.again(NAME, 2, NO_DELTAS)
    assert (forth.release.hardware, forth.release.agent) == (("pi-5",), "0.3"), "as it was"
    changed = site.publisher.again(NAME, 2, Wishes((), "0.4", bases=())).release
    assert (changed.hardware, changed.agent) == ((), "0.4")
    with pytest.raises(ReleaseRefusedError, match=r"there is no release 9 of 'plate-reader': of that bundle there are 1, 2, 3"):
        site.publisher.again(NAME, 9)
    with pytest.raises(ReleaseRefusedError, match="there is no release 1 of 'other'"):
        site.publisher.again("other", 1)


def test_again_of_what_is_removed_at_once(site: Site) -> None:
    site.publisher.again(NAME, 1, NO_DELTAS)
    site.publisher.remove(NAME, 1)
    site.sign(TARGETS, *ENGINEERS)
    site.publisher.publish()
    assert not site.publisher.verify().findings
    assert [item.release for item in site.publisher.status().releases] == [2]


def test_a_release_that_is_not_there_is_not_removed(site: Site) -> None:
    with pytest.raises(ReleaseRefusedError, match="there is no release 2"):
        site.publisher.remove(NAME, 2)
    assert not site.publisher.status().pending


@pytest.fixture
def three(site: Site) -> Site:
    """Releases 2, 3 and 4 are models worth a delta: the second a step beside the first, the third another network."""
    for version, model in (("1.1.0", FIRST), ("1.1.1", nudged(FIRST, 2)), ("1.2.0", weights(9))):
        site.add(version, model)
    site.sign(TARGETS, *ENGINEERS)
    site.publisher.publish()
    return site


def deltas(added: Added, site: Site) -> dict[str, set[int]]:
    """From which releases deltas were made, by file; 0 is from nothing."""
    listed = catalogue(pending(site))
    number = {target.hashes["sha256"]: key[1] for key, item in reversed(listed.items()) for target in item.files.values()}
    found: dict[str, set[int]] = {}
    for delta in listed[NAME, added.release.release].deltas:
        base = delta.difference.base
        found.setdefault(delta.file, set()).add(0 if base == NOTHING else number[base])
    return found


def test_deltas_are_made_from_what_the_fleet_runs_where_they_pay(three: Site) -> None:
    added = three.add("1.1.2", nudged(nudged(FIRST, 2), 3), Wishes(bases=(2, 3)))
    assert deltas(added, three)[INT8] == {0, 2, 3}
    added = three.add("1.1.3", nudged(FIRST, 5), Wishes(bases=(4,)))
    assert deltas(added, three)[INT8] == {0}, "from another network none pays"
    assert "golden.npz" not in deltas(added, three), "packed it is no smaller"


def test_by_default_from_the_last_two(three: Site) -> None:
    added = three.add("1.1.2", nudged(FIRST, 4), Wishes())
    assert deltas(added, three)[INT8] == {0, 3}, "of the last two, 3 is near and 4 is another network"


def test_every_delta_gives_its_file(three: Site) -> None:
    three.add("1.1.2", nudged(FIRST, 4), Wishes(bases=(2, 3)))
    three.sign(TARGETS, *ENGINEERS)
    three.publisher.publish()
    listed = catalogue(three.publisher._workshop.live().targets.signed)  # type: ignore[union-attr]
    content = {t.hashes["sha256"]: three.content(t) for item in listed.values() for t in item.targets()}
    made = 0
    for item in listed.values():
        for delta in item.deltas:
            data = content[delta.target.hashes["sha256"]]
            base = content.get(delta.difference.base)
            target = io.BytesIO()
            signed = Content(delta.difference.size, delta.difference.result)
            apply(io.BytesIO(data), None if base is None else io.BytesIO(base), target, signed)
            assert target.getvalue() == content[delta.difference.result]
            assert (read_header(data[:HEADER_SIZE]).method is Method.FULL) == (delta.difference.base == NOTHING)
            assert len(data) <= delta.difference.size - LEAST_SAVED
            made += 1
    assert made >= 8


def test_a_form_is_found_by_what_runs_it_when_its_name_changes(three: Site, tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "renamed", "1.1.2", nudged(FIRST, 4))
    (folder / INT8).rename(folder / "reader-v2.onnx")
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace(INT8, "reader-v2.onnx"))
    added = three.publisher.add(folder, Wishes(bases=(2,)))
    assert deltas(added, three)["reader-v2.onnx"] == {0, 2}


def test_a_release_takes_its_deltas_with_it(three: Site) -> None:
    three.add("1.1.2", nudged(FIRST, 4), Wishes(bases=(2,)))
    three.publisher.remove(NAME, 5)
    assert not [path for path in pending(three).targets if f"{NAME}/5/" in path]
    three.publisher.add(three.bundle("1.1.3", nudged(FIRST, 6)), Wishes(bases=(2,)))
    three.publisher.remove(NAME, 2)
    three.sign(TARGETS, *ENGINEERS)
    three.publisher.publish()
    assert not three.publisher.verify().findings, "a delta from a release that went serves boxes that run it still"
    assert any(item.deltas for item in three.publisher.status().releases)
