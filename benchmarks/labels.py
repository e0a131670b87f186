"""What is wrong in a mutant, by the meaning of the line it changes: the truth that `locate` is held to.

A rule is (function, what the line reads in the mutant, the cause in the words of the list of changes).
It was written from the equations of the cells, before `locate` was asked. A mutant without a rule has a
cause that is not in the list: there `locate` is to name none. A line that has one meaning for a cell with
two states and another for a cell with one has both, as a pair. Lines that no operator makes are in `written`.
"""

import written

W_H = "W_h stands in the carry where its transpose belongs"
TURNED = "np.concatenate([w.mT for w in np.split(p.W_h, len(p.W_h) // p.W_h.shape[-1])])"
NOTHING = "nothing is carried back from the step after"
PAST = {
    "np.roll(trace.hs[1:], 1, axis=0)": "index -1 wraps round: the last h stands for h0, in dW_h",
    "np.concatenate([0 * trace.hs[:1], trace.hs[1:-1]])": "at the first step, zeros stand for h0, in dW_h",
    "trace.hs[1:])": "h_t stands where h_(t-1) belongs, in dW_h",
}
NEGATIVE = "delta has the wrong sign at every step"
ZERO = "all deltas are left zero"
IGNORED = "what the loss sends to the last state (dlast) is ignored"
SILENT = "a masked step hands on nothing"
FIRST = "the loss of step 1 is not injected"
UNMOVED = ("dh0 is left zero", "dh0 and dc0 are left zero")

MEAN = "steps and sequences stands for the sum, in"
SUMS = {
    **PAST,
    "W_x=(delta.T @ x).T": "dW_x is transposed",
    "W_h=(delta.T @ h).T": "dW_h is transposed",
    "W_x=delta.T @ x / len(x)": f"{MEAN} dW_x",
    "W_h=delta.T @ h / len(h)": f"{MEAN} dW_h",
    "b=delta.mean(axis=0)": f"{MEAN} db",
    "b=delta)": "the sum over time and batch is missing, in db",
}
GRU_SUMS = {
    **PAST,
    "W_x=(here.T @ rows(trace.xs)).T": "dW_x is transposed",
    "W_x=here.T @ rows(trace.xs) / len(": f"{MEAN} dW_x",
    "b=here.mean(axis=0)": f"{MEAN} db",
    "W_h = -np.concatenate(": "the sign is wrong, in dW_h",
    "W_h = 0 * np.concatenate(": "dW_h is left zero",
    "rows(delta), 0 * rows(trace.hs[:-1])": "dW_h is left zero",
}
ORIGINAL_R, ORIGINAL_Z = "drh * h * r * (1 - r)", "dh * (h - n) * z * (1 - z)"


def _original_parts():
    """Yield rules for the two blocks of drz, delta^r and delta^z of the original GRU: each is another."""
    made = lambda r, z: f"drz = np.concatenate([{r}, {z}], axis=-1)"
    for wrong, cause in {
        f"0 * ({ORIGINAL_R})": "delta^r is left zero",
        ORIGINAL_Z: "delta^r is a copy of delta^z",
        "drh * h * r": "the slope of gate r is the activation itself",
        "drh * h * r * 1": "the slope of gate r is the activation itself",
        "drh * r * (1 - r)": "delta^r lacks its factor h_(t-1)",
        "dh * h * r * (1 - r)": "delta^r starts from dh",
        "dn * h * r * (1 - r)": "delta^r forgets W_h^n",
    }.items():
        yield made(wrong, ORIGINAL_Z), cause
    for wrong, cause in {
        f"0 * ({ORIGINAL_Z})": "delta^z is left zero",
        ORIGINAL_R: "delta^z is a copy of delta^r",
        "dh * (h - n) * z": "the slope of gate z is the activation itself",
        "dh * (h - n) * z * 1": "the slope of gate z is the activation itself",
        "dh * (h - h) * z * (1 - z)": "delta^z is left zero",
        "dh * (n - n) * z * (1 - z)": "delta^z is left zero",
        "dh * z * (1 - z)": "delta^z lacks its factor",
        "dh * h * z * (1 - z)": "delta^z takes h_(t-1) alone",
        "dh * -n * z * (1 - z)": "delta^z takes -n alone",
        "dn * (h - n) * z * (1 - z)": "dh is overwritten by delta^n, which z then takes for dh",
    }.items():
        yield made(ORIGINAL_R, wrong), cause
    yield made(ORIGINAL_Z, ORIGINAL_R), "the gates r and z are exchanged in delta, before it is carried back"


def _gru_parts():
    """Yield rules for the blocks of a GRU's delta where it is returned, and carried as it should be."""
    for k, j in ((k, j) for k in range(3) for j in range(3)):
        three = ["dr", "dz", "dn"]
        wrong, three[k] = ("left zero", f"0 * {three[k]}") if j == k else (
            f"a copy of delta^{'rzn'[j]}", three[j])
        yield f"return (np.concatenate([{', '.join(three)}], axis=-1)", f"delta^{'rzn'[k]} is {wrong}"
FACTORS = {"i": "dc * g", "f": "dc * at.before[1]", "g": "dc * i", "o": "dh * tanh_c"}


def _lstm_factors():
    """Yield rules for the four factors of an LSTM's delta: one is another, or half of it is."""
    for k, right in FACTORS.items():
        start, _, rest = right.partition(" * ")
        odd = "dc" if start == "dh" else "dh"
        wrong = {factor: f"delta^{k} takes the factor of gate {j}" for j, factor in FACTORS.items() if j != k}
        wrong |= {f"0 * ({right})": f"delta^{k} is left zero", start: f"delta^{k} lacks its factor",
                  f"{odd} * {rest}": f"delta^{k} starts from {odd}, not from {start}"}
        for factor, cause in wrong.items():
            four = [factor if name == k else own for name, own in FACTORS.items()]
            yield f"delta = slope * np.concatenate([{', '.join(four)}], axis=-1)", cause


def _lstm_gates():
    """Yield rules for the views of the gates: f is used in dc * f alone, i in dc * i, o in dh * o."""
    views = dict(zip("ifgo", ("a[..., :H]", "a[..., H:2 * H]", "a[..., 2 * H:3 * H]", "a[..., 3 * H:]")))
    for k in "igo":
        yield f"return ({', '.join((views | {'f': views[k]}).values())})", f"dc_prev takes gate {k} for f"
    for k, cause in {"f": "dc_next is dropped", "i": "delta^g is left zero",
                     "o": "dh does not reach c_t: only dc_next is there"}.items():
        yield f"return ({', '.join((views | {k: '0 * ' + views[k]}).values())})", cause


RULES = {
    ("rnn", "step_backward"): {
        "(dh,), (h,) = (dstate, at.kept)": "the slope of the tanh is taken of z itself",
        "(dh,), (h,) = (dstate, at.before)": "the slope takes the state before",
        "delta = dh$": "the slope of the tanh is missing",
        "delta = -(": NEGATIVE,
        "delta = 0 * (": ZERO,
        "delta = dh * (1 - h / h)": ZERO,
        "(0 * delta, ": ZERO,
        "delta = dh * 1$": "the slope of the tanh is missing",
        "delta = dh * (1 - h)$": "without its square",
        "delta = dh * (h * (1 - h))": "the slope of the tanh is that of the other activation",
        "(delta, (delta,))": "the carry forgets W_h",
        "(dh @ p.W_h,)": "W_h^T takes dh back, not delta",
        "(0 * (delta @ p.W_h),)": NOTHING,
        "delta @ p.W_h.mT": W_H,
        TURNED: W_H,
    },
    ("rnn", "gradient"): SUMS,
    ("lstm", "gradient"): {**SUMS, "trace.cs[:-1]": "c_(t-1) stands where h_(t-1) belongs, in dW_h"},
    ("lstm", "split"): dict(_lstm_gates()),
    ("lstm", "step_backward"): {
        "(left out) dc = ": "dh does not reach c_t: only dc_next is there",
        "dc = dc$": "dh does not reach c_t: only dc_next is there",
        "dc = dh * o * (1 - tanh_c * tanh_c)": "dc_next is dropped",
        "dc = dc + dh * (1 - tanh_c * tanh_c)": "o is missing where h_t sends to c_t",
        "dc = dc + dh * o$": "the slope of tanh(c_t), 1 - tanh(c_t)^2, is missing",
        "dc = dc + dh * o * 1$": "the slope of tanh(c_t), 1 - tanh(c_t)^2, is missing",
        "dc = np.add(dc, dh * o * (1 - tanh_c * tanh_c), out=dc)": "the pass changes dlast of c in place",
        "dc = dc + dh * o * (1 - tanh_c / tanh_c)": "dh does not reach c_t: only dc_next is there",
        "slope = 1 - gates * gates": "the slopes of i, f and o are those of the other activation",
        "slope = gates * 1$": "the slopes of i, f and o are the activations themselves",
        "split(slope)[2][...] = 1 - g$": "the slope of gate g lacks its square",
        "split(slope)[2][...] = 1 - g / g": "delta^g is left zero",
        "split(np.tanh(slope))[2]": "the slope of gate g is that of the other activation",
        "(left out) split(slope)": "the slope of gate g is that of the other activation",
        "split(slope)[2][...] = g * (1 - g)": "the slope of gate g is that of the other activation",
        "split(slope)[2][...] = 1$": "the slope of gate g is missing",
        "delta = np.concatenate([dc * g, dc * at.before[1], dc * i": "the slope of every gate is missing",
        "delta = gates * np.concatenate(": "the slope of every gate is the activation itself",
        "dc * at.after[1]": "c_t stands where c_(t-1) belongs, in delta",
        "dc * at.before[0]": "delta^f takes h_(t-1), not c_(t-1)",
        "delta = -(": NEGATIVE,
        "delta = 0 * (": ZERO,
        "(0 * delta, ": ZERO,
        **dict(_lstm_factors()),
        "(0 * (delta @ p.W_h), dc * f)": "dh_next is dropped",
        "(delta @ p.W_h, 0 * (dc * f))": "dc_next is dropped",
        "(delta @ p.W_h, dc))": "dc_prev forgets f",
        **{f"(delta @ p.W_h, dc * {k}))": f"dc_prev takes gate {k} for f" for k in "igo"},
        TURNED: W_H,
    },
    ("gru", "step_backward"): {
        "(dh,), (h,) = (dstate, at.after)": "h_t stands where h_(t-1) belongs, in delta",
        "dn = dh * (1 - n * n)": "delta^n lacks the factor 1 - z",
        "dn = dh * 1 * (1 - n * n)": "delta^n lacks the factor 1 - z",
        "dn = dh * (1 - z)$": "the slope of gate n is missing",
        "dn = dh * (1 - z) * 1$": "the slope of gate n is missing",
        "dn = dh * (1 - z) * (n * (1 - n))": "the slope of gate n is that of the other activation",
        "dn = dh * (1 - z) * (1 - n)": "the slope of gate n lacks its square",
        "dn = -(": "delta^n has the wrong sign",
        "dn = 0 * (": "delta^n is left zero",
        "dn = dh * (1 - z) * (1 - n / n)": "delta^n is left zero",
        "dz = -(": "delta^z has the wrong sign",
        "dz = 0 * (": "delta^z is left zero",
        "dz = dh * (h - h) * z * (1 - z)": "delta^z is left zero",
        "dz = dh * (n - n) * z * (1 - z)": "delta^z is left zero",
        "dz = dh * z * (1 - z)": "delta^z lacks its factor",
        "dz = dh * h * z * (1 - z)": "delta^z takes h_(t-1) alone",
        "dz = dh * -n * z * (1 - z)": "delta^z takes -n alone",
        "dz = dh * (h - n) * z$": "the slope of gate z is the activation itself",
        "dz = dh * (h - n) * z * 1$": "the slope of gate z is the activation itself",
        "dz = dn * (h - n) * z * (1 - z)": "dh is overwritten by delta^n, which z then takes for dh",
        "dr = -(": "delta^r has the wrong sign",
        "dr = 0 * (": "delta^r is left zero",
        "dr = dn * r * (1 - r)": "delta^r lacks its factor W_h^n h_(t-1) + b_n",
        "dr = dh * at.kept.hns * r * (1 - r)": "delta^r starts from dh",
        "dr = dn * at.kept.hns * r$": "the slope of gate r is the activation itself",
        "dr = dn * at.kept.hns * r * 1$": "the slope of gate r is the activation itself",
        "through_W_h = 0 * np.concatenate(": "only the leak is carried",
        "through_W_h = np.concatenate([0 * dr, dz, dn * r]": "gate r is left out of W_h^T delta",
        "through_W_h = np.concatenate([dr, 0 * dz, dn * r]": "gate z is left out of W_h^T delta",
        "through_W_h = np.concatenate([dr, dz, 0 * (dn * r)]": "gate n is left out of W_h^T delta",
        "through_W_h = np.concatenate([dz, dr, dn * r]": "the gates r and z are exchanged in W_h^T delta",
        "through_W_h = np.concatenate([dn * r, dz, dr]": "the gates r and n are exchanged in W_h^T delta",
        "through_W_h = np.concatenate([dr, dn * r, dz]": "the gates z and n are exchanged in W_h^T delta",
        "through_W_h = np.concatenate([dr, dz, dn],": "the road through n lacks r",
        "through_W_h = np.concatenate([dr, dz, dn * z]": "z stands for r on the road through n",
        "return (np.concatenate([dz, dr, dn],": "the deltas of the gates r and z are exchanged",
        "return (np.concatenate([dn, dz, dr],": "the deltas of the gates r and n are exchanged",
        "return (np.concatenate([dr, dn, dz],": "the deltas of the gates z and n are exchanged",
        **dict(_gru_parts()),
        "return (0 * np.concatenate(": ZERO,
        "(dn * z + through_W_h @ p.W_h,)": "dh is overwritten by delta^n, which the leak then takes for dh",
        "(dh + through_W_h @ p.W_h,)": "the leak carries all of dh",
        "(dh * z,)": "only the leak is carried",
        "axis=-1), (through_W_h @ p.W_h,))": "the leak z * dh is dropped",
        "(0 * (dh * z + through_W_h @ p.W_h),)": NOTHING,
        TURNED: W_H,
    },
    ("gru", "gradient"): {
        **GRU_SUMS,
        "b=here, ": "the sum over time and batch is missing, in db",
        "inside = rows(dn)$": "r is missing before delta^n, in all parameters",
        "b_n=inside.mean(axis=0)": f"{MEAN} db_n",
        "b_n=inside)": "the sum over time and batch is missing, in db_n",
    },
    ("gru_original", "step_backward"): {
        "(dh,), (h,), H = (dstate, at.after, ": "h_t stands where h_(t-1) belongs, in delta",
        "dn = dh * (1 - z)$": "the slope of gate n is missing",
        "dn = dh * (1 - z) * 1$": "the slope of gate n is missing",
        "dn = dh * (1 - z) * (n * (1 - n))": "the slope of gate n is that of the other activation",
        "dn = dh * (1 - z) * (1 - n)": "the slope of gate n lacks its square",
        "dn = dh * (1 - n * n)": "delta^n lacks the factor 1 - z",
        "dn = dh * 1 * (1 - n * n)": "delta^n lacks the factor 1 - z",
        "dn = -(": "delta^n has the wrong sign",
        "dn = 0 * (": "delta^n is left zero",
        "dn = dh * (1 - z) * (1 - n / n)": "delta^n is left zero",
        f"drh = dn @ {TURNED}": "the transpose of W_h is missing in the block of gate n only",
        **dict(_original_parts()),
        "return (0 * np.concatenate(": ZERO,
        "return (np.concatenate([drz, 0 * dn]": "delta^n is left zero",
        "(dh * z + drz @ p.W_h[:2 * H],)": "gate n is left out of W_h^T delta",
        "axis=-1), (drz @ p.W_h[:2 * H] + drh * r,)": "the leak z * dh is dropped",
        "(dh + drz @ p.W_h[:2 * H] + drh * r,)": "the leak carries all of dh",
        "(dn * z + drz @": "dh is overwritten by delta^n, which the leak then takes for dh",
        "(dh * z + drz @ p.W_h[:2 * H] + drh,)": "the road through n lacks r",
        "(dh * z + drz @ p.W_h[:2 * H] + drh * z,)": "z stands for r on the road through n",
        "(0 * (dh * z + drz @": NOTHING,
    },
    ("gru_original", "gradient"): {
        **GRU_SUMS,
        "b=here)": "the sum over time and batch is missing, in db",
        "here[:, 2 * H:].T @ h])": "r is missing before h_(t-1), in the n block of dW_h",
    },
    ("bptt", "_where"): {"for a, b in zip(here, here, strict=True)": SILENT},
    ("bptt", "_step_back"): {
        "tuple((d for d in dstate))": "the delta of a masked step is not zero",
        "return (0 * delta, ": ZERO,
        "_where(mask, before, before)": SILENT,
    },
    ("bptt", "_deltas"): {
        "for t in range(stop, end)": "the loop runs forward in time",
        "for start in range(0 + 1, T, k1)": FIRST,
        "for start in range(1, T, k1)": FIRST,
        "if t > start else carry": FIRST,
        "carry = _zeros(dlast)$": IGNORED,
        "carry = _zeros(dlast) if end == T else dlast": IGNORED,
        "carry = dlast if end != T else _zeros(dlast)": IGNORED,
        "carry = dlast if start == T else _zeros(dlast)": IGNORED,
        "carry = dlast if end == start else _zeros(dlast)": IGNORED,
        "carry = dinitial if end == T else _zeros(dlast)": IGNORED,
        "steps[t], None)": "the mask is ignored on the way back",
        "None if mask is None else mask[start]": "the mask of step 1 is read at every step",
        "None if mask is None else mask[stop]": "the mask of step 1 is read at every step",
        "None if mask is None else mask[t - 1]": "the mask is read one step too early",
        "(left out) delta[t] = part": ZERO,
        "delta[t] = 0 * (": ZERO,
        "np.tanh(delta)[t] = part": ZERO,
        "return (0 * delta, dinitial": ZERO,
        "delta[t] = -(": "the sign is wrong, in delta",
        "delta[t - 1] = part": "delta_t is put one row too early",
        "if not stop == 0": UNMOVED,
        "if stop != 0": UNMOVED,
        "if T == 0": UNMOVED,
        "if end == 0": UNMOVED,
        "if stop == -1": UNMOVED,
        "if stop == 1": UNMOVED,
        "(left out) dinitial = _sums(dinitial, carry)": UNMOVED,
        "dinitial = _sums(dinitial, dinitial)": UNMOVED,
        "for t in reversed(range(stop + 1, end))": "the loop leaves out the first step",
        "stop = max(end - k2, 1)": "the loop leaves out the first step",
        "for t in reversed(range(stop, end - 1))": "the loop leaves out the last step",
        "dhs[t - 1]": "dhs is read one step too early",
        "dstate = (dhs[t], *carry[1:])": ("dh_next is dropped", NOTHING),
        "dstate = (dlast[0] + dhs[t], *carry[1:])": ("dh_next is dropped", NOTHING),
        "dstate = (dinitial[0] + dhs[t], *carry[1:])": ("dh_next is dropped", NOTHING),
        "carry[0] - dhs[t]": ("the sign is wrong, everywhere", "dhs comes in with the wrong sign"),
        "out=dhs[t]": "the pass changes dhs in place",
        "stop = max(end - k1, 0)": "the losses go back in chunks of 2",
    },
    ("bptt", "_lags"): {
        "dstates[0] -= dhs": "the sign is wrong, everywhere",
        "yield (0 * part, ": ZERO,
        "for k in range(0, T - 1)": "the loss reaches only 4 steps",
    },
    ("bptt", "_windowed"): {
        "(left out) delta[:len(part)] += part": ZERO,
        "np.tanh(delta)[:len(part)] += part": ZERO,
        "return (0 * delta, dinitial": ZERO,
        "delta[:len(part)] -= part": "the sign is wrong, in delta",
        "(left out) dinitial = _sums(dinitial, first)": UNMOVED,
        "dinitial = _sums(dinitial, dinitial)": UNMOVED,
        "zip(range(0 + 1, K)": "the loss reaches only 4 steps",
        "zip(range(0, K - 1)": "the loss reaches only 4 steps",
    },
    ("bptt", "_gradient"): {
        "dxs = -_applied": "the sign is wrong, in dxs",
        "dxs = 0 * _applied": "dxs is left zero",
    },
}


def cause_of(mutant):
    """Return the cause of a mutant of a backward pass, and the rule that says so; None where none does.

    The cause is a text, or two of which either is right.
    """
    if mutant.operator == "written":
        return mutant.after, written.cause_of(mutant)
    line = f"(left out) {mutant.before}" if mutant.after == "pass" else mutant.after
    found = {rule: cause for rule, cause in RULES.get((mutant.module, mutant.function), {}).items()
             if (line == rule[:-1] if rule.endswith("$") else rule in line)}
    if len(set(map(str, found.values()))) > 1:
        raise ValueError(f"labels: one cause expected for {line}; got {found}")
    return next(iter(found.items()), None)
