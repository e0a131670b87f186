"""Right, wrong, or not to be judged here? A verdict for each tensor, from slopes along rows of directions.

What agrees is right. What does not is looked at again before it is called wrong: a kink, or rounding
that the function itself enlarges, may explain it. Worst rows first, a few at a time.
"""

import contextlib

import numpy as np

from .lines import CHUNK, ROUNDING, SPACINGS
from .numerical import FLAT, NOTHING, STEPS, noise, profile, slope_noise
from .precision import DIGITS, SEEN, digits
from .report import Verdict

COMPLEX_TOLERANCE, CENTRAL_TOLERANCE = 1e-10, 1e-6
MARGIN = 300         # times the noise: what rounding may explain
LOST = 0.1           # of a difference may be left, where the complex step loses the rest
BLUNT = 100          # times what differences resolve: of less they show no two digits
FEW, MOST = 8, 200   # rows looked at together, and in all
MIXTURES = 3         # of rows, along which the noise is measured
ZERO = 1e-13         # so little may be rounding of a zero
GAUSS, REACHES = 8, np.array([0.1, 0.03, 0.01, 1e-3])    # points, and how far from x, relative to x
SMALL, DRIFT = 1e-2, 0.03     # errors that may be rounding; and how far slopes may move while one looks
BESIDE = {"float16": (1e-3,), "float32": (1e-5, 1e-7)}     # how far from x that shows, relative to x
COARSE = ("at points beside this one it is off by other numbers, as where something is rounded, or computed "
          "in {}.")
ROUNDED_ZERO = ("this point cannot see mistakes here; f does not move, and no slope is larger than "
                f"{ZERO:.0e}: what is off may be rounding.")
HIDDEN = ("not certified: f is rounded more coarsely than float64, which hides slopes of {:.0e} from "
          "differences.")
AT_ZERO = "kink: the gradient is {}, and here or very near, the slopes of the two sides differ, by {:.2g}."
SETTLED = "by differences at another step, where they settle; at {:.0e} they do not."
BELOW = ("this point cannot see mistakes here; the gradient is all zero: the complex step sees {:.0e}, "
         "which the rounding of f hides.")


class Judge:
    """Judges tensors of one function: their exact and numerical slopes along rows of directions."""

    def __init__(self, line, method, eps, floor, entries, gradient=None):
        """gradient(x) -> all entries (n,) at another row x; None if only its values at one are known."""
        self.line, self.method, self.eps, self.floor, self.entries = line, method, eps, floor, entries
        self.gradient, self._known = gradient, {}
        self.tolerance = COMPLEX_TOLERANCE if method == "complex" else CENTRAL_TOLERANCE

    def verdict(self, name, shape, directions, exact, numeric):
        """Return the Verdict of one tensor."""
        difference = np.nan_to_num(np.abs(exact - numeric), nan=np.inf)
        scale = max(np.abs(exact).max(), np.abs(np.nan_to_num(numeric)).max())
        floor = self.floor if self.method == "central" else 0
        bad = difference > self.tolerance * scale + floor
        shown, said, note = int(np.abs(numeric).argmax()), "right", ""
        if bad.any():
            shown = int(difference.argmax())
            shown, said, note = self._second_look(directions, exact, numeric, difference, bad, shown)
            note = note or SETTLED.format(self.eps) * (said == "right" and self.method == "central")
        elif scale <= BLUNT * self.floor:
            under = "below" if scale <= self.floor else "hardly above"
            zero = "all zero" if scale == 0 else f"{under} what differences resolve ({self.floor:.0e})"
            said, note = "unseen", f"this point cannot see mistakes here; the gradient is {zero}."
            jumps = profile(self.line, directions[:FEW]).jump
            if jumps.any():
                said, note, shown = "kink", AT_ZERO.format(zero, jumps.max()), int(jumps.argmax())
        elif self.method == "central" and (self.line.coarse or not numeric.all()) and (
                hidden := self.line.rounding() / self.eps) > self.tolerance * scale:
            said, note = "ill-conditioned", HIDDEN.format(hidden)
        index = tuple(int(i) for i in np.unravel_index(shown, shape)) if self.entries else None
        error = float(difference[shown if bad.any() else difference.argmax()] / scale) if scale > 0 else 0.0
        if said == "wrong" and error <= SMALL and self._scatters("float16", directions, exact, numeric):
            N = digits(error)
            note = f"the two agree to {N} digits, and {COARSE.format('float16' if N < 5 else 'float32')}"
        numbers = (error, index, float(exact[shown]), float(numeric[shown]))
        return Verdict(f"d{name}", shape, said, *numbers, note)

    def _second_look(self, directions, exact, numeric, difference, bad, worst):
        """Return (row, verdict, note) of a tensor some of whose rows (bad) differ."""
        scale = max(np.abs(numeric[np.isfinite(numeric)]).max(initial=0), 1e-300)
        largest = max(np.abs(exact).max(), scale)
        moved = None if self.method == "complex" else 0.0      # by rounding; long to measure
        kinks, agreeing, lost, coarse = [], [], False, False
        order = np.argsort(-difference)[: min(bad.sum(), MOST)]
        if self.method == "complex":
            two = order[:2]
            found = profile(self.line, directions[two])
            if found.flat.all() and exact.any() and largest <= ZERO:
                return worst, "unseen", ROUNDED_ZERO
            *_, plain = self._held(found, exact[two], numeric[two], largest)
            if plain.all():
                return int(order[0]), "wrong", ""
        else:
            self.line.rounding()                      # a part of f may be too coarse for small steps
        few = max(1, min(FEW, CHUNK // directions.shape[1] // 20))
        for rows in (order[k : k + few] for k in range(0, len(order), few)):
            found, a, n = profile(self.line, directions[rows]), exact[rows], numeric[rows]
            met = found.fits(a, CENTRAL_TOLERANCE * largest)
            by_steps, against, astray, plain = self._held(found, a, n, largest)
            nothing = self._nothing(found, a, n)
            if nothing.any():
                return int(rows[nothing][0]), "wrong", ""
            apart, wrong, unseen = by_steps / largest, against, np.zeros(len(rows), bool)
            if self.method == "complex":              # differences decide only where it goes astray
                if plain[0] and found.resolved.mean() >= 0.5:     # whatever rounding does
                    return int(rows[0]), "wrong", ""
                if moved is None:
                    moved = self._noise(directions) / largest
                against &= ~found.flat & (~astray | (MARGIN * moved < 0.1))
                lost |= bool((met & astray).any())
                met &= astray
                with np.errstate(over="ignore"):
                    apart = np.where(astray, apart, np.abs(a - n) / scale).clip(max=1)
                rounded = (apart <= MARGIN * moved) | (MARGIN * moved >= 0.1)
                unseen = found.flat & ~astray & ~exact.any()
                wrong = against | found.resolved & ~rounded & ~astray
                wrong &= ~((n == 0) & found.flat & (np.abs(a) <= self._hidden()))     # a kink, perhaps
                wrong &= against | self.line.confirmed | self._excluded(directions[rows], found, a)
                if (wrong & ~against & ~unseen).any():      # it is too small for differences
                    coarse = coarse or self._scatters("float32", directions, exact, numeric)
                    moved = max(moved, 0 if coarse else self._noise_of_gradient(directions) / largest)
                    wrong &= against | (apart > MARGIN * moved) & (MARGIN * moved < 0.1) & (not coarse)
            if unseen.all():
                return worst, "unseen", BELOW.format(scale)
            kink = (found.jump > 0) & ~met
            wrong &= ~(kink | met)
            wrong &= found.resolved.mean() >= 0.5     # where most scatter, one that settles does by chance
            if wrong.any():
                wrong &= self._shows(found, a)
            for k in np.flatnonzero(wrong & ~against) if self.method == "complex" else ():
                left = self._unexplained(directions[rows[k]], a[k], n[k])
                if not left <= LOST * abs(a[k] - n[k]):
                    break
                wrong[k], apart[k], lost = False, left / largest, True
                met[k] = apart[k] <= CENTRAL_TOLERANCE
            if wrong.any():
                return int(rows[wrong][0]), "wrong", ""
            kinks += [(int(r), float(j)) for r, j in zip(rows[kink], found.jump[kink])]
            rest = ~(kink | met)
            agreeing += [(digits(e), int(r)) for r, e in zip(rows[rest], apart[rest])]
            if self.method == "complex" and rest.all():
                break                                 # the others are nearer
        if kinks:
            row, jump = kinks[0]
            return row, "kink", (
                f"kink: {len(kinks)} of {len(exact)} slopes cannot be judged; here or very near, the slopes "
                f"of the two sides differ, by {jump:.2g} in the worst.")
        if agreeing:
            N, row = min(agreeing)
            return row, *self._to_digits(N, moved, coarse)
        return worst, "right", "by differences, where the complex step goes astray." if lost else ""

    @staticmethod
    def _to_digits(N, moved, coarse):
        """Return (verdict, note) of slopes that agree to N digits; rounding moves them by `moved`, if that is
        known, and coarse is whether it is that of float32."""
        how = f"by {moved:.0e} of its largest entry" if moved and moved < 1 else "by more than its own size"
        moves = f"; rounding alone moves it {how}" if moved else ""
        if N >= DIGITS:
            why = COARSE.format("float32") if coarse else f"ill-conditioned here{moves}."
            return "right", f"right to {N} digits: {why}"
        agree = f"agree to {N} digit{'s' * (N > 1)}" if N else "agree in no digit"
        note = f"not certified: ill-conditioned here, the two {agree}{moves}."
        if coarse:
            note = f"not certified: the two {agree}, and {COARSE.format('float32')}"
        elif moved and MARGIN * moved < 0.1 ** (N + 1):          # it does not explain what is off
            note = f"not certified: differences do not settle here, and the two {agree}."
        return "ill-conditioned", note

    def _held(self, found, a, n, largest):
        """Return for each row how far gradient a is from where differences settle, whether that speaks
        against it, whether the numerical slope n is astray, and whether a is plainly wrong."""
        by_steps = np.abs(a - found.slope)
        floor = self.floor if self.method == "central" else 0
        against = found.resolved & (by_steps > 30 * found.error + CENTRAL_TOLERANCE * largest + floor)
        far = np.abs(n - found.slope)
        astray = found.resolved & (far > 30 * found.error) & (
            (far > CENTRAL_TOLERANCE * largest) | (far > 10 * by_steps))      # a is much nearer
        return by_steps, against, astray, against & ~astray & ~found.flat & (found.jump == 0)

    def _nothing(self, found, a, n):
        """True where gradient a has a slope that would move f by far more than rounding, float32 or not, and
        beside which both the numerical one, n, and differences vanish: two ways to see the same nothing."""
        seen = np.abs(a) * STEPS[0] >= SEEN * max(1, abs(self.line.value()))
        near = np.abs(found.slopes - a[:, None]) <= 0.1 * np.abs(a)[:, None]
        steep = (near[:, 1:] & near[:, :-1]).any(axis=1)          # seen from very near alone
        return seen & ~steep & (np.abs(n) <= NOTHING * np.abs(a)) & found.vanishes(np.abs(a))

    def _excluded(self, directions, found, a):
        """True where gradient a is far from the slopes at the widest steps, whatever rounding does there."""
        wide, reach = found.slopes[:, :2], 2 * STEPS[1] / np.linalg.norm(directions, axis=1)
        rounding = 10 * max(self.line.rounding(), ROUNDING * abs(self.line.value())) / reach
        return np.abs(a - wide[:, 0]) > rounding + 10 * np.ptp(wide, axis=1)

    def _unexplained(self, v, a, n):
        """Return how much of what gradient a and the complex step n are apart is not what that step loses
        along v, as abs does; at most. f moves by the sum of its slopes between two points, by Gauss, and by
        as much more as they miss."""
        nodes, weights = np.polynomial.legendre.leggauss(GAUSS)
        size, left = np.abs(self.line.x[v != 0]).max() or 1.0, []
        for t in size * REACHES / np.linalg.norm(v):
            with np.errstate(all="ignore"), contextlib.suppress(ValueError, ArithmeticError):
                up, down = self.line.value(self.line.x + t * v), self.line.value(self.line.x - t * v)
                slopes = self.line.slopes(np.tile(v, (GAUSS, 1)), "complex", self.eps,
                                          self.line.x + t * nodes[:, None] * v)
                more = (up - down) / (2 * t) - slopes @ weights / 2
                left.append(max(abs(more - (a - n)), 4 * ROUNDING * max(abs(up), abs(down)) / t))
        return sorted(np.nan_to_num(left, nan=np.inf))[1] if len(left) > 1 else np.inf     # of two reaches

    def _shows(self, found, a):
        """True where what is off would move f by more than f is rounded, at the widest step up to which
        differences stay near the slope where they settle: a part of f in float32 hides small slopes."""
        off = np.abs(a - found.slope)
        near = np.abs(found.slopes - found.slope[:, None]) <= 0.1 * off[:, None]
        stay = near | (STEPS[:-1] < found.step[:, None])
        stay = np.logical_and.accumulate(stay[:, ::-1], axis=1)[:, ::-1] & near
        moves = off * np.where(stay, STEPS[:-1], 0).max(axis=1)
        seen = moves >= SEEN * max(1, abs(self.line.value()))
        return seen if seen.all() else seen | (moves >= MARGIN * self.line.rounding(SPACINGS))

    def _mixed(self, directions):
        """Return a few random mixtures of rows, which may be random already."""
        if not self.entries:
            return directions[:MIXTURES]
        return np.random.default_rng(2).normal(size=(MIXTURES, len(directions))) @ directions

    def _noise(self, directions):
        return float(slope_noise(self.line, self._mixed(directions), self.method, self.eps).max())

    def _noise_of_gradient(self, directions):
        """Return how far rounding moves the gradient that is judged, in one tensor."""
        if self.gradient is None or self._at(self.line.x[None] * (1 + 1e-9)) is None:
            return 0.0
        mixed = self._mixed(directions)
        return float(noise(self.line.x, lambda points: np.array([mixed @ g for g in self._at(points)])).max())

    def _scatters(self, kind, directions, exact, numeric):
        """True if what is off is other numbers at three points beside x, while the slopes hardly move: that
        is rounding as coarse as kind, where a mistake in a formula stays."""
        if self.gradient is None or not numeric.any():
            return False
        rows = np.argsort(-np.abs(exact - numeric))[:FEW]
        there, off, slopes = directions[rows], (exact - numeric)[rows], numeric[rows]
        signs = np.random.default_rng(4).choice((-1.0, 1.0), (3, self.line.x.size))
        for distance in BESIDE[kind]:
            points = self.line.x * (1 + distance * signs)
            beside = [self.line.slopes(there, self.method, self.eps, x) for x in points]
            if (gradients := self._at(points)) is None:
                return False
            drift = np.abs(np.array(beside) - slopes).max() / np.abs(numeric).max()
            moved = [there @ g - n - off for g, n in zip(gradients, beside)]
            if drift <= DRIFT:
                return another(np.abs(moved).max(axis=1) / np.abs(off).max(), drift)
        return False

    def beside(self, gradient, entries):
        """Return gradient, that of some entries, and if a function gives it those at points beside."""
        signs = np.random.default_rng(6).choice((-1.0, 1.0), (2, self.line.x.size))
        points = self.line.x * (1 + 1e-3 * signs)
        found = None if self.gradient is None else self._at(points)
        return [gradient, *(g[entries] for g in found or ())]

    def _at(self, points):
        """Return the gradient at each of points, known from one tensor to the next; None if it stops."""
        try:
            for x in points:
                if x.tobytes() not in self._known:
                    self._known[x.tobytes()] = self.gradient(x)
        except Exception:
            self.gradient = None
            return None
        return [self._known[x.tobytes()] for x in points]

    def _hidden(self):
        """Return how large a slope differences cannot show, since f itself is large."""
        return FLAT * ROUNDING * abs(self.line.value()) / (2 * STEPS[0])


def another(moves, drift):
    """True if what is off is another error at each point beside: it moved that far, relative to itself,
    where the right numbers drifted so little."""
    return bool(np.min(moves) > max(0.1, 10 * drift) and np.median(moves) > 0.3)
