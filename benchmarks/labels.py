"""What is wrong in a mutant, by the meaning of the line it changes: the truth that `locate` is held to.

A rule is (function, what the line reads in the mutant, the cause in the words of the list of changes).
It was written from the equations of the cells, before `locate` was asked. A mutant without a rule has a
cause that is not in the list: there `locate` is to name none.
"""

W_H = "W_h stands in the carry where its transpose belongs"
TURNED = "np.concatenate([w.mT for w in np.split(p.W_h, len(p.W_h) // p.W_h.shape[-1])])"
NOTHING = "nothing is carried back from the step after"
PAST = {
    "np.roll(trace.hs[1:], 1, axis=0)": "index -1 wraps round: the last h stands for h0, in dW_h",
    "np.concatenate([0 * trace.hs[:1], trace.hs[1:-1]])": "at the first step, zeros stand for h0, in dW_h",
    "trace.hs[1:])": "h_t stands where h_(t-1) belongs, in dW_h",
}
NEGATIVE = "delta has the wrong sign at every step"
MEAN = "steps and sequences stands for the sum, in"
SUMS = {
    **PAST,
    "W_x=(delta.T @ x).T": "dW_x is transposed",
    "W_h=(delta.T @ h).T": "dW_h is transposed",
    "W_x=delta.T @ x / len(x)": f"{MEAN} dW_x",
    "W_h=delta.T @ h / len(h)": f"{MEAN} dW_h",
    "b=delta.mean(axis=0)": f"{MEAN} db",
}
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
        "(dh,), (h,) = (dstate, at.before)": "the slope takes the state before",
        "delta = dh$": "the slope of the tanh is missing",
        "delta = -(": NEGATIVE,
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
    ("lstm", "gradient"): SUMS,
    ("lstm", "split"): dict(_lstm_gates()),
    ("lstm", "step_backward"): {
        "(left out) dc = ": "dh does not reach c_t: only dc_next is there",
        "dc = dc$": "dh does not reach c_t: only dc_next is there",
        "dc = dh * o * (1 - tanh_c * tanh_c)": "dc_next is dropped",
        "dc = dc + dh * (1 - tanh_c * tanh_c)": "o is missing where h_t sends to c_t",
        "dc = dc + dh * o$": "the slope of tanh(c_t), 1 - tanh(c_t)^2, is missing",
        "dc = dc + dh * o * 1$": "the slope of tanh(c_t), 1 - tanh(c_t)^2, is missing",
        "(left out) split(slope)": "the slope of gate g is that of the other activation",
        "split(slope)[2][...] = g * (1 - g)": "the slope of gate g is that of the other activation",
        "split(slope)[2][...] = 1$": "the slope of gate g is missing",
        "delta = np.concatenate([dc * g, dc * at.before[1], dc * i": "the slope of every gate is missing",
        "delta = gates * np.concatenate(": "the slope of every gate is the activation itself",
        "dc * at.after[1]": "c_t stands where c_(t-1) belongs, in delta",
        "dc * at.before[0]": "delta^f takes h_(t-1), not c_(t-1)",
        "delta = -(": NEGATIVE,
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
        "dz = -(": "delta^z has the wrong sign",
        "dz = 0 * (": "delta^z is left zero",
        "dz = dh * (h - h) * z * (1 - z)": "delta^z is left zero",
        "dz = dh * (n - n) * z * (1 - z)": "delta^z is left zero",
        "dz = dh * z * (1 - z)": "delta^z lacks its factor",
        "dz = dh * h * z * (1 - z)": "delta^z takes h_(t-1) alone",
        "dz = dh * -n * z * (1 - z)": "delta^z takes -n alone",
        "dz = dh * (h - n) * z$": "the slope of gate z is the activation itself",
        "dz = dh * (h - n) * z * 1$": "the slope of gate z is the activation itself",
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
        "(dh + through_W_h @ p.W_h,)": "the leak carries all of dh",
        "(dh * z,)": "only the leak is carried",
        "axis=-1), (through_W_h @ p.W_h,))": "the leak z * dh is dropped",
        "(0 * (dh * z + through_W_h @ p.W_h),)": NOTHING,
        TURNED: W_H,
    },
    ("gru", "gradient"): {
        **PAST,
        "inside = rows(dn)$": "r is missing before delta^n, in all parameters",
        "W_x=(here.T @ rows(trace.xs)).T": "dW_x is transposed",
        "W_x=here.T @ rows(trace.xs) / len(": f"{MEAN} dW_x",
        "b=here.mean(axis=0)": f"{MEAN} db",
        "b_n=inside.mean(axis=0)": f"{MEAN} db_n",
    },
    ("gru_original", "step_backward"): {"(0 * (dh * z + drz @": NOTHING},
    ("gru_original", "gradient"): {
        **PAST,
        "W_x=(here.T @ rows(trace.xs)).T": "dW_x is transposed",
        "W_x=here.T @ rows(trace.xs) / len(": f"{MEAN} dW_x",
        "b=here.mean(axis=0)": f"{MEAN} db",
    },
    ("bptt", "_deltas"): {
        "for t in reversed(range(stop + 1, end))": "the loop leaves out the first step",
        "stop = max(end - k2, 1)": "the loop leaves out the first step",
        "for t in reversed(range(stop, end - 1))": "the loop leaves out the last step",
        "dhs[t - 1]": "dhs is read one step too early",
        "dstate = (dhs[t], *carry[1:])": "dh_next is dropped",
        "dstate = (dlast[0] + dhs[t], *carry[1:])": "dh_next is dropped",
        "dstate = (dinitial[0] + dhs[t], *carry[1:])": "dh_next is dropped",
        "dstate = (carry[0] + dhs[t], *dlast[1:])": "dc_next is dropped",
        "dstate = (carry[0] + dhs[t], *dinitial[1:])": "dc_next is dropped",
        "carry[0] - dhs[t]": "the sign is wrong, everywhere",
        "out=dhs[t]": "the pass changes dhs in place",
        "stop = max(end - k1, 0)": "the losses go back in chunks of 2",
    },
    ("bptt", "_lags"): {
        "dstates[0] -= dhs": "the sign is wrong, everywhere",
        "for k in range(0, T - 1)": "the loss reaches only 4 steps",
    },
    ("bptt", "_windowed"): {
        "zip(range(0 + 1, K)": "the loss reaches only 4 steps",
        "zip(range(0, K - 1)": "the loss reaches only 4 steps",
    },
    ("bptt", "_gradient"): {
        "dxs = -_applied": "the sign is wrong, in dxs",
        "dxs = 0 * _applied": "dxs is left zero",
    },
}


def cause_of(mutant):
    """Return the cause of a mutant of a backward pass, and the rule that says so; None where none does."""
    line = f"(left out) {mutant.before}" if mutant.after == "pass" else mutant.after
    found = {rule: cause for rule, cause in RULES.get((mutant.module, mutant.function), {}).items()
             if (line == rule[:-1] if rule.endswith("$") else rule in line)}
    if len(set(found.values())) > 1:
        raise ValueError(f"labels: one cause expected for {line}; got {found}")
    return next(iter(found.items()), None)
