"""The rendered shots and fireworks: their truth is geometry, six recordings are in step, and the shipped model hears them."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from edge.analytics.gunshot.listener import make_listener
from edge.capture.sound.listener import HearingModel
from edge.capture.sound.wallclock import WallClockPacer
from edge.clock import Instant
from fleet.fusion.gunshot.plane import Plane
from models.bundle.bundle import zoo
from models.synthesis.sound.places import Place
from protocol.config import Microphone
from protocol.events import Phase
from simulator.devices.town import CITY_SEED
from simulator.media import bangs
from simulator.media.make_bangs import SEED
from simulator.shots.outcome import ENOUGH
from simulator.shots.planted import MEDIA, Bang, Fired, fired, read_truth
from simulator.shots.recordings import lay_down, noise, read_sound
from simulator.worlds.city import make_city
from simulator.worlds.sites import EARS, MAST_M, ear_sites

MOST_BYTES = 1_500_000
TRUTH = read_truth()
BOXES = tuple(device for device, *_ in EARS)
BEGINS = dt.datetime(2026, 11, 27, 8, 0, 17, tzinfo=dt.timezone.utc)


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    return read_sound(TRUTH)


def volleys() -> list[Bang]:
    return [bang for bang in TRUTH.bangs if bang.kind == "shots"]


def test_the_truth_names_the_recordings_bytes_and_it_is_small(sound: np.ndarray) -> None:
    data = (MEDIA / TRUTH.file).read_bytes()
    assert hashlib.sha256(data).hexdigest() == TRUTH.sha256
    assert len(data) < MOST_BYTES
    with av.open(str(MEDIA / TRUTH.file)) as container:
        assert container.streams.audio[0].codec_context.sample_rate == TRUTH.rate_hz
    assert sound.shape == (len(EARS), TRUTH.seconds * TRUTH.rate_hz)
    assert 0.05 < np.abs(sound).max() < 0.99, "nothing is cut off"


def test_sound_takes_as_long_to_each_box_as_from_where_it_is_to_where_the_box_says_that_it_is() -> None:
    """Distances on the ellipsoid, from degrees: as the manager computes them, to a tenth of a millisecond."""
    city = make_city(CITY_SEED)
    for bang in TRUTH.bangs:
        plane = Plane(bang.lat, bang.lon)
        assert tuple(bang.travel_s) == BOXES
        for site in ear_sites(city):
            where = site.where(city.origin, 0.0)
            metres = math.hypot(*plane.metres(where.lat, where.lon), bang.up_m - MAST_M)
            assert 50 < metres < 700
            assert bang.travel_s[site.device] == pytest.approx(metres / bangs.AIR.speed, abs=1e-4)


def test_a_front_is_put_where_it_arrives_to_a_thousandth_of_a_sample() -> None:
    pulse = np.zeros(960)
    pulse[0] = 1.0
    nothing = Place((), None, 8_000.0, 0.01)
    for after_s in (0.05, 0.050_013, 0.071_97):
        heard = bangs._arrived(np.random.default_rng(1), pulse, nothing, after_s)
        spectrum = np.fft.rfft(heard)
        hertz = np.fft.rfftfreq(len(heard), 1 / bangs.RATE)
        low = (hertz > 100) & (hertz < 5_000)
        turned = np.unwrap(np.angle(spectrum[low] * np.exp(2j * np.pi * hertz[low] * after_s)))
        late_s = -np.polyfit(hertz[low], turned, 1)[0] / (2 * np.pi)
        assert abs(late_s) < 1e-3 / bangs.RATE


def test_shots_are_silent_before_their_sound_comes_and_loud_from_then_on(sound: np.ndarray) -> None:
    for bang in volleys():
        for box, channel in zip(BOXES, sound, strict=True):
            arrives = (bang.at_s + bang.travel_s[box]) * TRUTH.rate_hz
            before, after = channel[int(arrives) - 400 : int(arrives) - 16], channel[int(arrives) : int(arrives) + 80]
            loudest = float(np.abs(after).max())
            assert loudest > 0.003
            assert np.abs(before).max() < 0.03 * loudest
            front = int(np.argmax(np.abs(channel[int(arrives) - 16 :]) > 0.1 * loudest)) - 16
            assert -1 <= front - arrives % 1 <= 16, "turbulence lets it rise within a millisecond"


def test_the_recording_is_what_the_script_renders(sound: np.ndarray) -> None:
    city = make_city(CITY_SEED)
    number, box = 3, 0
    channel = np.zeros(TRUTH.seconds * TRUTH.rate_hz)
    thing, way = (np.random.default_rng(seed) for seed in ([SEED, number], [SEED, number, box + 1]))
    bangs._hear(channel, thing, way, bangs.plan(city)[number], bangs.ears(city)[box])
    begin = round(TRUTH.bangs[number].at_s * TRUTH.rate_hz)
    part = slice(begin, begin + 4 * TRUTH.rate_hz)
    assert np.abs(channel[part] / bangs.FULL_SCALE_PA - sound[box, part]).max() < 2 / 32767


def test_recordings_are_turned_so_that_the_wall_clock_plays_them_from_their_beginning(
    sound: np.ndarray, tmp_path: Path
) -> None:
    made = lay_down(tmp_path / "sound", TRUTH, BOXES, BEGINS)
    assert tuple(made) == BOXES
    pacer = WallClockPacer(sound.shape[1], TRUTH.rate_hz)
    pacer.begin(Instant(100.0, BEGINS))
    for number, (path, bang) in enumerate(zip(made.values(), sound, strict=True)):
        with wave.open(str(path)) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, TRUTH.rate_hz)
            played = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        assert len(played) == sound.shape[1]
        first = BEGINS.second * TRUTH.rate_hz % len(played)
        assert pacer.due(first, 100.0) == pytest.approx(100.0, abs=1e-6)
        heard = np.roll(played, -first) / 32767
        assert np.abs(heard - bang - noise(number, TRUTH)).max() < 1 / 32767


def test_each_street_has_a_noise_of_its_own_as_streets_have_by_day() -> None:
    noises = [noise(number, TRUTH) for number in range(2)]
    for one in noises:
        assert -70 < 20 * math.log10(one.std()) < -40
        seam, usual = abs(one[-1] - one[0]), float(np.abs(np.diff(one)).max())
        assert seam <= usual
    assert abs(np.corrcoef(noises[0], noises[1])[0, 1]) < 0.1


def test_rounds_follow_one_another_and_nothing_goes_off_before_the_first() -> None:
    start = BEGINS.timestamp()
    went_off = list(fired(TRUTH, BEGINS, start + 2.5 * TRUTH.seconds))
    assert went_off[0] == Fired(TRUTH.bangs[0], start + TRUTH.bangs[0].at_s)
    assert [one.at_s for one in went_off] == sorted(one.at_s for one in went_off)
    assert sum(one.bang == TRUTH.bangs[0] for one in went_off) == 3
    assert not list(fired(TRUTH, BEGINS, start))


def test_the_shipped_model_hears_the_first_volley_at_enough_boxes_when_it_comes(sound: np.ndarray) -> None:
    bang, hears = volleys()[0], 0
    model = HearingModel("gunshot", str(zoo() / "gunshot"), "gunshot.int8.onnx", "default")
    begin = round((bang.at_s - 2.0) * TRUTH.rate_hz)
    for number, (box, channel) in enumerate(zip(BOXES, sound, strict=True)):
        part = (channel + noise(number, TRUTH))[begin : begin + 6 * TRUTH.rate_hz]
        listener = make_listener(Microphone("mast", "street.wav"), model)
        at = Instant(0.0, BEGINS)
        said = [one for i in range(0, len(part), 800) for one in listener.take(part[None, i : i + 800], i, at)]
        new = [one for one in said if one.phase is Phase.NEW]
        hears += any(abs(one.onset / TRUTH.rate_hz - 2.0 - bang.travel_s[box]) < 1e-3 for one in new)
    assert hears >= ENOUGH
