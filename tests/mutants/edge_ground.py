"""Defences of the ground that a camera sees, and of the picture that a technician aims it by."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_CONTRACT = ("tests/protocol/test_calibration.py",)
_GROUND = ("tests/edge/analytics/ground/test_ground.py",)
_VERDICT = ("tests/edge/calibrate/test_cli.py",)
_AIMING = ("tests/edge/agent/test_aiming.py",)
_DOOR = ("tests/edge/capture/test_door.py",)
_PAGE = ("tests/edge/aim/test_server.py",)
_ADMISSION = ("tests/edge/aim/test_admission.py",)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "points on a line are no ground",
        "protocol/correspondence.py",
        "if all(turns[triple] for triple in combinations(four, 3)):",
        "if any(turns[triple] for triple in combinations(four, 3)):",
        _CONTRACT,
    ),
    Mutant(
        "a ground that folds over is refused",
        "protocol/correspondence.py",
        "if len(set(turns.values())) <= 1:",
        "if turns:",
        _CONTRACT,
    ),
    Mutant(
        "clicks alone do not make a ground fold over",
        "protocol/correspondence.py",
        "_turns(pixels, FOLDED_SIGMAS * sigma_px)",
        "_turns(pixels, 0.1 * sigma_px)",
        _CONTRACT,
    ),
    Mutant(
        "the stated region holds nine of ten",
        "edge/analytics/ground/homography.py",
        "np.sqrt(PARAMETERS) * region * sigma",
        "np.sqrt(PARAMETERS) * 0.7 * region * sigma",
        _GROUND,
    ),
    Mutant(
        "residuals inform what a click is worth",
        "edge/analytics/ground/homography.py",
        "(KNOWN + float((residuals**2).sum()) * (residuals.size > PARAMETERS)) / freedom",
        "1.0",
        ("tests/edge/analytics/ground/test_homography.py",),
    ),
    Mutant(
        "feet that are not exact are told with it",
        "edge/analytics/ground/ground.py",
        "covariance += self._of_feet(pixels, metres, foot)",
        "pass",
        _GROUND,
    ),
    Mutant(
        "what lies too far from the points is not told",
        "edge/analytics/ground/ground.py",
        "self._distance(metres) <= self._reach",
        "self._distance(metres) <= np.inf",
        _GROUND,
    ),
    Mutant(
        "what may be over the horizon is not told",
        "edge/analytics/ground/ground.py",
        "[..., 2] > 0).all(axis=0)",
        "[..., 2] > 0).any(axis=0)",
        _GROUND,
    ),
    Mutant(
        "a picture of another shape has no ground",
        "edge/analytics/ground/ground.py",
        "if abs(np.log(ratio)) > _OTHER_SHAPE:",
        "if abs(np.log(ratio)) > 10 * _OTHER_SHAPE:",
        _GROUND,
    ),
    Mutant(
        "points that contradict one another are told",
        "edge/calibrate/verdict.py",
        "> _SURE_Z)",
        "> 1e9)",
        _VERDICT,
    ),
    Mutant(
        "a zone over the horizon is never good",
        "edge/calibrate/verdict.py",
        "if parts and seen.beyond > 1 - ENOUGH",
        "if parts and seen.beyond > 1",
        _VERDICT,
    ),
    Mutant(
        "what is too uncertain is not written unless it is accepted",
        "edge/calibrate/cli.py",
        "if save and (judged.verdict.good or accept):",
        "if save:",
        _VERDICT,
    ),
    Mutant(
        "nothing but the calibration changes in a box's file",
        "edge/calibrate/boxtoml.py",
        "if _read(changed) != _plain(wanted):",
        "if _read(changed) == 0:",
        ("tests/edge/calibrate/test_boxtoml.py",),
    ),
    Mutant(
        "a door closes itself, whatever became of who asked",
        "edge/capture/worker.py",
        "if self._door.over(time.monotonic()):",
        "if self._door.over(0.0):",
        ("tests/edge/capture/test_worker.py::test_a_door_that_nobody_closes_closes_itself",),
    ),
    Mutant(
        "what was behind a door is wiped when it closes",
        "edge/capture/door.py",
        "            self._empty(self._ring)\n            self._ring.close()",
        "            self._ring.close()",
        _DOOR,
    ),
    Mutant(
        "a picture behind a door does not outlive its time",
        "edge/capture/door.py",
        ">= MAX_AGE_S - EVERY_S:",
        ">= 10 * MAX_AGE_S:",
        _DOOR,
    ),
    Mutant(
        "pictures to aim by come slowly",
        "edge/capture/door.py",
        "or now_s - self._shown_s < EVERY_S:",
        "or now_s - self._shown_s < 0:",
        _DOOR,
    ),
    Mutant(
        "opening a picture is written down before it is shown",
        "edge/agent/aiming.py",
        "        self._tell((asked.reason,), ())\n",
        "",
        _AIMING,
    ),
    Mutant(
        "closing a picture is written down",
        "edge/agent/aiming.py",
        "        self._tell((), (asked.reason,))\n",
        "",
        _AIMING,
    ),
    Mutant(
        "the agent ends aiming when its time is over",
        "edge/agent/aiming.py",
        "elif self._now_s() >= self._open.until_s:",
        "elif self._now_s() < 0:",
        _AIMING,
    ),
    Mutant(
        "the agent ends aiming when whoever looked is gone",
        "edge/agent/aiming.py",
        "            if self._open.gone:",
        "            if self._open is None:",
        _AIMING,
    ),
    Mutant(
        "only the agent's user may ask to aim",
        "edge/agent/aiming.py",
        "if user not in {0, os.getuid()}:",
        "if user < 0:",
        _AIMING,
    ),
    Mutant(
        "nobody else can reach the socket for aiming",
        "edge/ownersocket.py",
        "os.fchmod(self._socket.fileno(), 0o600)",
        "os.fchmod(self._socket.fileno(), 0o666)",
        _AIMING,
    ),
    Mutant(
        "a code to aim opens the page once",
        "edge/aim/admission.py",
        "if self.ticket or not hmac",
        "if not hmac",
        _ADMISSION,
    ),
    Mutant(
        "the page closes when the browser has gone",
        "edge/aim/admission.py",
        "if self.ticket and now_s - self.seen_s >= AWAY_S:",
        "if self.ticket and now_s < 0:",
        _ADMISSION,
    ),
    Mutant(
        "the page closes after its time, whoever looks",
        "edge/aim/admission.py",
        "if now_s >= self.until_s:",
        "if now_s < 0:",
        _ADMISSION,
    ),
    Mutant(
        "too many wrong codes close the page",
        "edge/aim/admission.py",
        "if self.wrong >= WRONG:",
        "if self.wrong < 0:",
        _ADMISSION,
    ),
    Mutant(
        "a picture to aim by may be stored nowhere",
        "edge/aim/server.py",
        '"Cache-Control": "no-store, max-age=0",',
        '"Cache-Control": "max-age=0",',
        _PAGE,
    ),
    Mutant(
        "the page to aim by answers to the box's own name only",
        "edge/aim/server.py",
        'if self.headers.get("Host", "") in self.server.desk.hosts:',
        "if self.server.desk.hosts:",
        _PAGE,
    ),
    Mutant(
        "a page of another site can change no calibration",
        "edge/aim/server.py",
        'or urlsplit(origin).netloc != self.headers.get("Host", ""):',
        "or not self.path:",
        _PAGE,
    ),
    Mutant(
        "the page to aim by is on no address but the box's own network",
        "edge/aim/session.py",
        "if told is None or told.is_unspecified or not told.is_private:",
        "if told is None:",
        ("tests/edge/aim/test_session.py",),
    ),
    Mutant(
        "a place that is given twice is no second measurement",
        "edge/calibrate/clicks.py",
        "if first == second:",
        "if first is None:",
        ("tests/edge/calibrate/test_clicks.py",),
    ),
    Mutant(
        "a file without points is not taken for no file",
        "edge/calibrate/clicks.py",
        "if not pairs:",
        "if pairs is None:",
        ("tests/edge/calibrate/test_clicks.py",),
    ),
    Mutant(
        "kilometres are not taken for metres",
        "edge/calibrate/clicks.py",
        "if extent < _NEAREST_M:",
        "if extent < 0:",
        ("tests/edge/calibrate/test_clicks.py",),
    ),
)
