"""Mistakes in the formulas of one step."""

from itertools import combinations, permutations, product

import numpy as np

from ...cells import gru, gru_original, lstm, rnn
from ...cells.activations import sigmoid
from ..editable import GRUS, TANH, own_slope
from ..sentences import listed
from .sums import LACKS_R

LSTM_FACTORS = {  # gate: what comes before its slope is start * factor; the other start; the factor's name
    "i": ("dc", "dh", "g", lambda v: v.a["g"]),
    "f": ("dc", "dh", "c_(t-1)", lambda v: v.before[1]),
    "g": ("dc", "dh", "i", lambda v: v.a["i"]),
    "o": ("dh", "dc", "tanh(c_t)", lambda v: v.tanh_c),
}


def step_changes(point):
    """Yield (text, delta, dinitial) for mistakes in the formulas of one step."""
    if not point.kind:
        return
    gates, kind = point.ours, point.kind
    own = {rnn: _rnn_changes, lstm: _lstm_changes, gru: lambda: _gru_changes(point.mirrored),
           gru_original: lambda: _original_changes(point.mirrored)}[kind]
    delta, last = point.passed()
    backs = {"dh_back": lambda v, d: 0 * d, "dc_back": lambda v, d: 0 * d}
    reaches = (last, tuple(0 * d for d in last), _silent(point)[1], _silent(point, **backs)[1])
    for reached in reaches:
        yield "all deltas are left zero", 0 * delta, reached
    found = [delta]
    for limit in (1, 5, 10):
        clip = lambda x, limit=limit: np.clip(x, -limit, limit)
        for text, edit in (
            ("delta is clipped to ±{} inside the pass", {"delta": lambda v, d, c=clip: c(d)}),
            ("what is carried back is clipped to ±{}", {
                "hand": lambda new, old, t, c=clip: tuple(map(c, new))}),
            *([("dh_next is clipped to ±{}, dc_next is not", {
                "hand": lambda new, old, t, c=clip: (c(new[0]), *new[1:])})] if kind is lstm else []),
        ):
            clipped, reached = point.passed(**edit)
            if not any(np.array_equal(clipped, known) for known in found):     # there is something to clip
                yield text.format(limit), clipped, reached
                if "hand" in edit:
                    yield text.format(limit), *point.passed(**edit, home=True)
                    yield text.format(limit), *point.passed(
                        sent=lambda new, t, c=edit["hand"]: c(new, None, t))
                found.append(clipped)
        if (clipped := np.clip(delta, -limit, limit)).tobytes() != delta.tobytes():
            yield f"delta is clipped to ±{limit} inside the pass", clipped, last     # not what is carried
    negative = "delta has the wrong sign at every step, and is carried back with it"
    yield negative, *point.passed(delta=lambda v, d: -d)
    for text, edit in (*_slope_changes(kind, gates), *own(), *(_gate_changes(point) if point.G > 1 else ())):
        yield text, *point.passed(**edit)
        if kind in GRUS and edit.keys() & {"n_slope", "n_factor"} and "r_factor" not in edit:
            right = _right_r_factor if kind is gru else _right_original_r_factor
            yield text, *point.passed(**edit, r_factor=right)               # delta^r by itself is right
    if point.G > 1:
        delta, last = point.passed()
        for j, k in combinations(range(point.G), 2):
            swapped = point.per_gate(delta, lambda parts, j=j, k=k: _exchange(parts, j, k))
            yield f"the deltas of the gates {gates[j]} and {gates[k]} are exchanged", swapped, last
        for j, k in product(range(point.G), repeat=2):          # where they are returned, not where carried
            other = point.per_gate(delta, lambda parts, j=j, k=k: _replaced(parts, j, k))
            text = "is left zero" if j == k else f"is a copy of delta^{gates[k]}"
            yield f"delta^{gates[j]} {text}", other, last


def _silent(point, **edit):
    """Return what a pass whose deltas are all zero gives."""
    return point.passed(delta=lambda v, d: 0 * d, **{k: e for k, e in edit.items() if point.kind is lstm
                                                     or k != "dc_back"})


def _replaced(parts, j, k):
    """Return the blocks of the gates with a copy of block k in place of block j, or zeros if it is j."""
    return [(0 * part if j == k else parts[k]) if i == j else part for i, part in enumerate(parts)]


def _exchange(parts, j, k):
    parts[j], parts[k] = parts[k], parts[j]
    return parts


SQUARE, INVERTED = "without its square", "divided by, and should multiply"
TWICE = "there twice"


def _slope_changes(kind, gates):
    logistic, hyperbolic = lambda a: a * (1 - a), lambda a: 1 - a * a

    def wrong(k, how):
        tanh = k in TANH[kind]
        if how == "missing":
            return lambda v, s: np.ones_like(s)
        if how == INVERTED:
            return lambda v, s: 1 / s
        if how == SQUARE:
            return lambda v, s: 1 - v.a[k]
        if how == TWICE:
            return lambda v, s: s * s
        if how == "that of the other activation":
            return lambda v, s: (logistic if tanh else hyperbolic)(v.a[k])
        if how == "taken at the activation, which is squashed once more":
            return lambda v, s: hyperbolic(np.tanh(v.a[k])) if tanh else logistic(sigmoid(v.a[k]))
        if how == "replaced by the activation, taken once more":
            return lambda v, s: np.tanh(v.a[k]) if tanh else sigmoid(v.a[k])
        if how == "taken of z itself, not of what comes out of the activation":
            return lambda v, s: (hyperbolic if tanh else logistic)(v.z[k])
        return lambda v, s: v.a[k]

    for how in ("missing", "that of the other activation",
                "taken at the activation, which is squashed once more",
                "taken of z itself, not of what comes out of the activation", "the activation itself",
                "replaced by the activation, taken once more", INVERTED, TWICE):
        for k in gates:
            right = "1 - h^2" if kind is rnn else f"1 - {k}^2" if k in TANH[kind] else f"{k}(1 - {k})"
            of = "the slope of the tanh" if kind is rnn else f"the slope of gate {k}"
            yield f"{of} is {how} (it is {right})", {f"{k}_slope": wrong(k, how)}
        if len(gates) > 1:
            yield f"the slope of every gate is {how}", {f"{k}_slope": wrong(k, how) for k in gates}
            some = [k for k in gates if k not in TANH[kind]]
            plural = how.replace("that", "those").replace(
                "the activation itself", "the activations themselves")
            yield f"the slopes of {listed(some)} are {plural}", {f"{k}_slope": wrong(k, how) for k in some}
    for k in [k for k in gates if k not in TANH[kind]]:
        yield (f"the slope of gate {k} lacks its factor {k} (it is {k}(1 - {k}))",
               {f"{k}_slope": lambda v, s, k=k: 1 - v.a[k]})
    for k in TANH[kind] if len(gates) > 1 else ():
        yield f"the slope of gate {k} lacks its square (it is 1 - {k}^2)", {f"{k}_slope": wrong(k, SQUARE)}


def _gate_changes(point):
    """Yield (text, edit) for gates left out, exchanged or transposed on their way back."""
    gates, left = point.ours, lambda k: lambda parts: _replaced(parts, k, k)
    only = lambda k: lambda parts: [b if j == k else 0 * b for j, b in enumerate(parts)]
    for k, name in enumerate(gates):
        yield (f"gate {name} is twice in W_h^T delta", {
            "carried": lambda v, d, k=k: d + point.per_gate(d, only(k))})
        yield (f"gate {name} is left out of W_h^T delta",
               {"carried": lambda v, d, k=k: point.per_gate(d, left(k))})
        yield f"delta^{name} is left zero", {"delta": lambda v, d, k=k: point.per_gate(d, left(k))}
        if point.kind in GRUS and name == "n":        # and delta^r, which starts from it
            yield "delta^n is left zero", {"n_factor": lambda v, f: 0 * f}
        if not (point.kind in GRUS and name == "z"):  # which says what its factor is
            yield f"delta^{name} has the wrong sign", {f"{name}_factor": lambda v, f: -f}
        yield (f"the transpose of W_h is missing in the block of gate {name} only", {
            "W_h": lambda v, W, k=k: point.blocks(W, lambda w, j: w.T if j == k else w)})
    for j, k in combinations(range(point.G), 2):
        swap = lambda v, d, j=j, k=k: point.per_gate(d, lambda parts: _exchange(parts, j, k))
        pair = f"{gates[j]} and {gates[k]}"
        yield f"the gates {pair} are exchanged in delta, before it is carried back", {"delta": swap}
        yield f"the gates {pair} are exchanged in W_h^T delta", {"carried": swap}
    for (j, a), (k, b) in permutations(enumerate(gates), 2):
        yield f"delta^{a} is a copy of delta^{b}", {
            "delta": lambda v, d, j=j, k=k: point.per_gate(d, lambda parts: _replaced(parts, j, k))}
        yield f"gate {a} has the slope of gate {b}", {
            f"{a}_slope": lambda v, s, b=b: own_slope(point.kind, v.a, b)}
        if not (point.kind in GRUS and b == "r"):
            yield f"delta^{a} takes the factor of gate {b} before its slope", {
                f"{a}_factor": lambda v, f, b=b: _own_factor(point.kind, v, b)}


def _own_factor(kind, v, k):
    if kind in GRUS:
        return v.dh * v.new if k == "n" else v.sign * v.dh * (v.h - v.a["n"])
    start, _, _, times = LSTM_FACTORS[k]
    return getattr(v, start) * times(v)


def _rnn_changes():
    yield "the slope takes the state before, 1 - h_(t-1)^2", {"h_slope": lambda v, s: 1 - v.before[0] ** 2}
    yield "the slope is 1 - tanh(z)^2 without its square", {"h_slope": lambda v, s: 1 - v.a["h"]}
    yield "the slope is that of a ReLU, 1 where h > 0 (it is 1 - h^2)", {
        "h_slope": lambda v, s: (v.a["h"] > 0).astype(float)}
    yield "the slope is 1 + h^2 (it is 1 - h^2)", {"h_slope": lambda v, s: 1 + v.a["h"] ** 2}
    yield "the slope is (1 - h)^2 (it is 1 - h^2)", {"h_slope": lambda v, s: (1 - v.a["h"]) ** 2}
    yield "the slope multiplies the dhs of the step, and not what is carried back to it", {
        "delta": lambda v, d: v.own * v.h_slope + v.dh - v.own}
    yield "W_h^T takes dh back, not delta: the slope is missing in the carry", {"carried": lambda v, d: v.dh}
    yield "what is carried back passes the slope twice: delta_t has passed it already", {
        "carried": lambda v, d: v.delta * v.h_slope}
    yield "the carry forgets W_h: delta itself goes back", {"dh_back": lambda v, d: v.delta}


def _lstm_changes():
    slope = "the slope of tanh(c_t), 1 - tanh(c_t)^2,"
    yield f"{slope} is missing", {"c_slope": lambda v, s: 1}
    yield f"{slope} lacks its square", {"c_slope": lambda v, s: 1 - v.tanh_c}
    yield f"{slope} is there twice", {"c_slope": lambda v, s: s * s}
    yield f"1 - c_t^2 stands for {slope[:-1]}", {"c_slope": lambda v, s: 1 - v.c ** 2}
    yield f"{slope} is squashed once more", {"c_slope": lambda v, s: 1 - np.tanh(v.tanh_c) ** 2}
    yield f"1 - h_t^2 stands for {slope[:-1]}", {"c_slope": lambda v, s: 1 - (v.a["o"] * v.tanh_c) ** 2}
    yield f"{slope} multiplies the carried dc too", {
        "dc": lambda v, d: (v.dc_next + v.dh * v.a["o"]) * v.c_slope}
    squashed = {"g_slope": lambda v, s: 1 - np.tanh(v.a["g"]) ** 2,
                "c_slope": lambda v, s: 1 - np.tanh(v.tanh_c) ** 2}
    helper = "one helper takes the slope of what is squashed already"
    yield f"{helper}: of g and of tanh(c_t)", squashed
    yield f"{helper}: of all four gates and of tanh(c_t)", squashed | {
        f"{k}_slope": lambda v, s, k=k: sigmoid(v.a[k]) * (1 - sigmoid(v.a[k])) for k in "ifo"}
    yield "o is missing where h_t sends to c_t", {"dc": lambda v, d: v.dc_next + v.dh * v.c_slope}
    yield "dh does not reach c_t: only dc_next is there", {"dc": lambda v, d: v.dc_next}
    yield "o stands twice where h_t sends to c_t", {
        "dc": lambda v, d: v.dc_next + v.dh * v.a["o"] ** 2 * v.c_slope}
    yield "delta^i takes tanh(g): g is squashed already", {"i_factor": lambda v, f: v.dc * np.tanh(v.a["g"])}
    yield "dc_prev forgets f: dc itself goes back", {"dc_back": lambda v, d: v.dc}
    yield "dc_prev takes f(1 - f), the slope of f, for f", {
        "dc_back": lambda v, d: v.dc * v.a["f"] * (1 - v.a["f"])}
    yield "dc_prev forgets what step t+1 sends to c_t", {
        "dc_back": lambda v, d: (v.dc - v.dc_next) * v.a["f"]}
    yield "dc_prev counts dc_next twice: dc contains it already", {
        "dc_back": lambda v, d: (v.dc + v.dc_next) * v.a["f"]}
    yield "dc counts dc_next twice", {"dc": lambda v, d: d + v.dc_next}
    yield "dc is doubled, as by dc += dc", {"dc": lambda v, d: 2 * d}
    yield "dc counts dh_next twice", {"dc": lambda v, d: d + (v.dh - v.own) * v.a["o"] * v.c_slope}
    yield "dh_next does not reach c_t: dc hears from h_t by the loss of step t alone", {
        "dc": lambda v, d: v.dc_next + v.own * v.a["o"] * v.c_slope}
    yield "dh_next does not reach delta^o, which starts from the dhs of its step alone", {
        "o_factor": lambda v, f: v.own * v.tanh_c}
    before = {"c_slope": lambda v, s: 1 - np.tanh(v.before[1]) ** 2,
              "o_factor": lambda v, f: v.dh * np.tanh(v.before[1])}
    yield "tanh(c_(t-1)) stands for tanh(c_t)", before
    yield f"{slope} takes c_(t-1), not c_t", {"c_slope": before["c_slope"]}
    yield "delta^o takes tanh(c_(t-1)), not tanh(c_t)", {"o_factor": before["o_factor"]}
    bare = {f"{k}_factor": lambda v, f, k=k: f + _beside_slope(v, k) for k in "ifg"}
    for k in "ifg":
        yield (f"the slope of gate {k} multiplies what h_t sends to c_t, and not dc_next",
               {f"{k}_factor": bare[f"{k}_factor"]})
    yield "the slopes of i, f and g multiply what h_t sends to c_t, and not dc_next", bare
    for k in "igo":
        yield f"dc_prev takes gate {k} for f", {"dc_back": lambda v, d, k=k: v.dc * v.a[k]}
    yield "dc_prev is computed after dh was overwritten by dh_prev", {
        "dc_back": lambda v, d: (v.dc_next + v.dh_back * v.a["o"] * v.c_slope) * v.a["f"]}
    yield "delta^o takes c_t, not tanh(c_t)", {"o_factor": lambda v, f: v.dh * v.c}
    yield "delta^f takes h_(t-1), not c_(t-1)", {"f_factor": lambda v, f: v.dc * v.before[0]}
    for k, (start, odd, what, times) in LSTM_FACTORS.items():
        yield f"delta^{k} lacks its factor {what}", {
            f"{k}_factor": lambda v, f, start=start: getattr(v, start)}
        yield f"delta^{k} starts from {odd}, not from {start}", {
            f"{k}_factor": lambda v, f, odd=odd, times=times: getattr(v, odd) * times(v)}


def _beside_slope(v, k):
    """Return what the factor of gate k has too much if its slope does not multiply dc_next."""
    return v.dc_next * LSTM_FACTORS[k][3](v) * (1 / v.slopes["ifgo".index(k)] - 1)


def _right_original_r_factor(v, _):
    dn = v.dh * v.new * own_slope(gru_original, v.a, "n")
    return dn @ v.W_h[2 * dn.shape[-1]:] * v.h


def _n(v):
    return v.n_factor * v.n_slope


def _h_t(v):
    return v.new * v.a["n"] + v.keep * v.h


def _both_grus(mirrored):
    """Yield (text, edit) for the mistakes that both forms of the GRU share; mirrored: it keeps 1 - z."""
    keep, new = ("1 - z", "z") if mirrored else ("z", "1 - z")
    factor = "n - h_(t-1)" if mirrored else "h_(t-1) - n"
    yield f"the leak {f'({keep})' if mirrored else keep} * dh is dropped", {"leak": lambda v, x: 0 * x}
    yield f"the leak carries {new}, not {keep}", {"leak": lambda v, x: v.dh * v.new}
    yield f"the leak carries all of dh, without {keep}", {"leak": lambda v, x: v.dh}
    yield "dh_next does not reach the leak, which takes the dhs of its step alone", {
        "leak": lambda v, x: v.own * v.keep}
    yield "only the leak is carried: W_h^T delta is dropped", {"carried": lambda v, d: 0 * d}
    yield "z stands for r on the road through n", {"third": lambda v, r: v.a["z"]}
    yield "r stands twice on the road through n", {"third": lambda v, r: r * r}
    yield f"delta^n lacks the factor {new}", {"n_factor": lambda v, f: v.dh}
    yield f"delta^n takes {keep} for {new}", {"n_factor": lambda v, f: v.dh * v.keep}
    yield f"delta^z has the wrong sign: its factor is {factor}", {"z_factor": lambda v, f: -f}
    exchanged = {"n_factor": lambda v, f: v.dh * v.keep, "leak": lambda v, x: v.dh * v.new}
    yield f"{keep} stands for {new} in delta^n, and {new} for {keep} in the leak", exchanged
    other = "z h_(t-1) + (1 - z) n" if mirrored else "(1 - z) h_(t-1) + z n"
    yield f"the backward pass of the other convention, h_t = {other}", {
        **exchanged, "z_factor": lambda v, f: -f}
    yield f"delta^z lacks its factor {factor}", {"z_factor": lambda v, f: v.dh}
    minus, plus = ("-", "") if mirrored else ("", "-")
    yield f"delta^z takes {minus}h_(t-1) alone, without {'' if mirrored else '- '}n", {
        "z_factor": lambda v, f: v.sign * v.dh * v.h}
    yield f"delta^z takes {plus}n alone, without {'- ' if mirrored else ''}h_(t-1)", {
        "z_factor": lambda v, f: -v.sign * v.dh * v.a["n"]}
    yield "dh is overwritten by delta^n, which z and the leak then take for dh", {
        "z_factor": lambda v, f: v.sign * _n(v) * (v.h - v.a["n"]), "leak": lambda v, x: _n(v) * v.keep}
    yield "dh is overwritten by delta^n, which the leak then takes for dh", {
        "leak": lambda v, x: _n(v) * v.keep}
    yield "dh is overwritten by delta^n, which z then takes for dh", {
        "z_factor": lambda v, f: v.sign * _n(v) * (v.h - v.a["n"])}


def _gru_changes(mirrored):
    yield from _both_grus(mirrored)
    yield LACKS_R, {"third": lambda v, r: 1 + 0 * r}
    yield "delta^r lacks its factor W_h^n h_(t-1) + b_n", {"r_factor": lambda v, f: _n(v)}
    yield "delta^r takes h_(t-1) for W_h^n h_(t-1) + b_n", {"r_factor": lambda v, f: _n(v) * v.h}
    yield "delta^r starts from dh, not from delta^n", {"r_factor": lambda v, f: v.dh * v.hn}
    yield "delta^r takes W_h^n h_(t-1) without b_n", {
        "r_factor": lambda v, f: _n(v) * (v.h @ v.W_h[2 * v.h.shape[-1]:].T)}
    yield "delta^r lacks the slope of n, 1 - n^2", {"r_factor": lambda v, f: v.n_factor * v.hn}
    original = {"r_factor": lambda v, f: _n(v) @ v.W_h[2 * v.h.shape[-1]:] * v.h}
    yield "delta^r is that of the original form, where r multiplies h_(t-1)", original
    yield "r multiplies what W_h^n sends back, too: it multiplies delta^n before", {
        "dh_back": lambda v, x: x + v.carried[..., 2 * v.h.shape[-1]:] @ v.W_h[2 * v.h.shape[-1]:]
        * (v.a["r"] - 1)}
    yield "r multiplies what W_h^n sends back, and should multiply delta^n before", {
        "dh_back": lambda v, x: v.leak + _original_roads(v)}
    yield ORIGINAL, {**original,
                     "dh_back": lambda v, x: v.leak + _original_roads(v)}


ORIGINAL = "the backward pass of the original form, where r acts before the product with W_h^n, not after it"
PYTORCH = "the backward pass of PyTorch's form, where r acts after the product with W_h^n, not before it"


def _original_roads(v):
    """Return what W_h carries back in the original form: r multiplies what W_h^n sends."""
    H = v.h.shape[-1]
    return v.delta[..., :2 * H] @ v.W_h[:2 * H] + v.delta[..., 2 * H:] @ v.W_h[2 * H:] * v.a["r"]


def _pytorch_roads(v):
    H = v.h.shape[-1]
    return v.delta[..., :2 * H] @ v.W_h[:2 * H] + (v.delta[..., 2 * H:] * v.a["r"]) @ v.W_h[2 * H:]


def _original_changes(mirrored):
    yield from _both_grus(mirrored)
    hn = lambda v: v.h @ v.W_h[2 * v.h.shape[-1]:].T
    yield "the road through n lacks r: it multiplies what W_h^n sends back", {"third": lambda v, r: 1 + 0 * r}
    yield "delta^r lacks its factor h_(t-1)", {"r_factor": lambda v, f: v.drh}
    yield "delta^r takes h_t, not h_(t-1)", {"r_factor": lambda v, f: v.drh * _h_t(v)}
    yield "delta^z takes h_t, not h_(t-1)", {
        "z_factor": lambda v, f: v.sign * v.dh * (_h_t(v) - v.a["n"])}
    yield "delta^r is that of PyTorch's form, where r multiplies W_h^n h_(t-1)", {
        "r_factor": lambda v, f: _n(v) * hn(v)}
    yield "r multiplies delta^n before W_h^n takes it back, and should multiply what W_h^n sends", {
        "dh_back": lambda v, x: v.leak + _pytorch_roads(v)}
    yield "delta^r forgets W_h^n: it starts from delta^n itself", {"r_factor": lambda v, f: _n(v) * v.h}
    yield "delta^r starts from dh, not from what W_h^n sends back", {"r_factor": lambda v, f: v.dh * v.h}
    yield "delta^r lacks the slope of n, 1 - n^2", {
        "r_factor": lambda v, f: v.n_factor @ v.W_h[2 * v.h.shape[-1]:] * v.h}
    yield PYTORCH, {"r_factor": lambda v, f: _n(v) * hn(v),
                    "dh_back": lambda v, x: v.leak + _pytorch_roads(v)}


def _right_r_factor(v, _):
    return v.dh * v.new * own_slope(gru, v.a, "n") * v.hn
