"""Mistakes as a reader would write them into our own passes, each with its cause: what no operator makes.

A mistake replaces one or two pieces of the source of a function. It was written from the equations of the
cell, in other code than the list of changes is; the cause is in the words of that list.
"""

import ast
import functools

import mutants

IN = "carry[0] + dhs[t]"
BACK = "part, carry, *more = _step_back(cell, p, dstate, steps[t], None if mask is None else mask[t])"
PUT = "delta[t] = part"
MASK = "mask[t])"
FULL = "k1, k2 = (T, T) if chunks is None else doors.checked_chunks(where, chunks, T)"
OUT = "return (delta, dinitial"
NOTHING = "nothing is carried back from the step after"
MASKED = "delta, before, *handed = cell.step_backward(p, tuple((d * mask[..., None] for d in dstate)), at)"
HAND_ON = "_where(mask, before, dstate)"
STEP = "cell.step_backward(p, {}, at)"
SUMS = "params = doors.checked_gradient('bptt.gradient', cell, p, trace, delta, *handed)"

# In the loop over the steps: every cell, masked or not

ZEROS = "tuple([0 * c for c in carry])"
LOOPS = {
    f"{BACK}; carry = {ZEROS}": NOTHING,
    f"{BACK}; carry = {ZEROS} if t else carry": NOTHING,
    f"{BACK}; carry = (0 * carry[0], *carry[1:])": ("dh_next is dropped", NOTHING),
    f"{BACK}; carry = (*carry[:1], *[0 * c for c in carry[1:]])": "dc_next is dropped",
    f"old = carry; {BACK}; carry = tuple([c + o for c, o in zip(carry, old)])":
        "what is carried back is added to the older carry",
    f"old = carry; {BACK}; carry = tuple([c + o for c, o in zip(carry, old)]) if t else carry":
        "what is carried back is added to the older carry",
    f"{BACK}; carry = tuple([-c for c in carry])": "what is carried back has the wrong sign",
    f"{BACK}; carry = tuple([-c for c in carry]) if t else carry": "what is carried back has the wrong sign",
    f"{BACK}; carry = carry if t % 2 else {ZEROS}": "the carry is set to zero after every 2 steps",
    f"{BACK}; carry = {ZEROS} if t and t % 2 == 0 else carry": "the carry is set to zero after every 2 steps",
    f"{BACK}; carry = {ZEROS} if t == 3 else carry": "nothing is carried from step 4 to step 3",
    f"{BACK}; carry = {ZEROS} if t == 1 else carry": "nothing is carried from step 2 to step 1",
    f"{BACK}; carry = tuple([np.clip(c, -1, 1) for c in carry])": "what is carried back is clipped to ±1",
    f"{BACK}; carry = (np.clip(carry[0], -1, 1), *carry[1:])":
        ("dh_next is clipped to ±1, dc_next is not", "what is carried back is clipped to ±1"),
}
INJECTED = {
    "dhs[t] * (t == T - 1)": "only the loss of the last step is injected",
    "dhs[t] * (t == 0)": "only the loss of the first step is injected",
    "dhs[t] * (t != 0)": "the loss of step 1 is not injected",
    "dhs[t] * (t != 2)": "the loss of step 3 is not injected",
    "(dhs[t - 1] if t else 0 * dhs[t])": "dhs is read one step too early",
    "dhs[(t + 1) % T]": "dhs is read one step too late",
    "(dhs[t + 1] if t + 1 < T else 0 * dhs[t])": "dhs is read one step too late",
    "dhs[T - 1 - t]": "dhs is read in reverse order of time",
    "dhs[t] * (1 if mask is None else mask[t][..., None])": "the loss of masked steps is dropped",
}
READ = {
    "mask[t - 1] if t else mask[t] | True)": "the mask is read one step too early",
    "mask[(t + 1) % T])": "the mask is read one step too late",
    "mask[t + 1] if t + 1 < T else mask[t] | True)": "the mask is read one step too late",
}
PLACED = {
    "delta[T - 1 - t] = part": "the deltas are returned in reverse order of time",
    "delta[(t + 1) % T] = part": "delta_t is put one row too late",
}
RETURNED = {
    "return (delta / T, dinitial": "a mean over the 5 steps stands for the sum",
    "return (2 * delta, dinitial": "it is counted twice",
    "return (2 * delta, tuple([2 * d for d in dinitial])": "it is counted twice",
    "return (np.clip(delta, -1, 1), dinitial": "delta is clipped to ±1 inside the pass",
    "return (delta, (*dinitial[:1], *[0 * d for d in dinitial[1:]])": "dc0 is left zero",
}
STRETCHES = {
    "k1, k2 = (1, 1)": NOTHING,
    "k1, k2 = (1, 2)": "window=2",
    "k1, k2 = (1, 3)": "window=3",
    "k1, k2 = (1, 4)": "window=4",
    "k1, k2 = (2, 2)": "chunks of 2",
    "k1, k2 = (3, 3)": "chunks of 3",
}

# In a masked step

ONE = "tuple([d * mask[..., None] if {} else d for k, d in enumerate(dstate)])"
BOTH = "(*_where(mask, before, dstate)[:1], *before[1:])"
STEPS = [
    ([(MASKED, f"mask = ~mask; {MASKED}")], "the mask is inverted"),
    ([("if mask is None:", "if True:")], "the mask is ignored on the way back"),
    ([(MASKED, f"{MASKED}; _, before, *_ = {STEP.format('dstate')}"), (HAND_ON, "before")],
     "a masked step hands on what its formulas give"),
    ([(HAND_ON, "before")], "a masked step hands on nothing"),
    ([(HAND_ON, "tuple([np.where(mask[..., None], b, 0 * b) for b in before])")],
     "a masked step hands on nothing"),
    ([(MASKED, MASKED.replace(" * mask[..., None]", ""))], "the delta of a masked step is not zero"),
    ([(HAND_ON, "tuple([a + b for a, b in zip(before, dstate)])")],
     "every step hands on what it received besides what its formulas give"),
    ([(HAND_ON, BOTH)], "a masked step hands on its dh as it came, and nothing of its dc"),
    ([(MASKED, f"delta, before, *handed = {STEP.format(ONE.format('k == 0'))}"), (HAND_ON, BOTH)],
     "the mask acts on dh and not on dc"),
]

# In the sums, whatever the cell

ROWS = "(np.arange(len(delta)) == {}).reshape(-1, *[1] * (delta.ndim - 1))"
GATES = "len(p.b) // dinitial[0].shape[-1]"
PASTED = "np.concatenate([a[0], a[0], *a[2:]] if len(a) > 1 else a)"
AFTER = {
    **{f"params._replace({n}=-params.{n})": f"the sign is wrong, in d{n}" for n in ("W_x", "W_h", "b")},
    **{f"params._replace({n}=2 * params.{n})": f"it is counted twice, in d{n}" for n in ("W_x", "W_h", "b")},
    **{f"params._replace({n}=0 * params.{n})": f"d{n} is left zero" for n in ("W_x", "W_h", "b")},
    **{f"params._replace({n}=params.{n}.T)": f"d{n} is transposed" for n in ("W_x", "W_h")},
    **{f"params._replace({n}=(lambda a: {PASTED})(np.split(params.{n}, {GATES})))":
       (f"gate f of d{n} is a copy of gate i", f"gate z of d{n} is a copy of gate r")
       for n in ("W_x", "W_h", "b")},
    "params._replace(b=delta.sum(axis=0))": "the sum over the batch is missing, in db",
    "params._replace(b=delta.sum(axis=1))": "the sum over time is missing, in db",
    "params._replace(b=delta)": "the sum over time and batch is missing, in db",
    "params._replace(W_x=np.einsum('tbi,tbj->tij', delta, trace.xs))":
        "the sum over time is missing, in dW_x",
    "params._replace(W_x=np.einsum('tbi,tbj->bij', delta, trace.xs))":
        "the sum over the batch is missing, in dW_x",
    "params._replace(W_x=params.W_x / len(delta))": "a mean over the 5 steps stands for the sum, in dW_x",
    "params._make([w / len(delta) for w in params])":
        "a mean over the 5 steps stands for the sum, in all parameters",
    "params._make([w / delta.shape[1] for w in params])":
        "a mean over the 4 sequences stands for the sum, in all parameters",
    "params._make([-w for w in params])": "the sign is wrong, in all parameters",
    "params._make([np.clip(w, -1, 1) for w in params])": "the gradients of the parameters are clipped to ±1",
}
BEFORE = {
    f"delta * {ROWS.format('len(delta) - 1')}": "only step 5 is used (= in place of +=), in all parameters",
    f"delta * {ROWS.format('0')}": "only step 1 is used (= in place of +=), in all parameters",
    "delta * (np.arange(delta.shape[1]) == 1)[:, None]":
        "only sequence 2 of the batch is used, in all parameters",
    "delta / len(delta)": "a mean over the 5 steps stands for the sum, in all parameters",
}
XS = "return Gradient(params, dxs, dinitial)"
ENDS = {
    "return Gradient(params, 2 * dxs, dinitial)": "it is counted twice, in dxs",
    "return Gradient(params, dxs.swapaxes(0, 1), dinitial)": "time and batch are exchanged in dxs",
    "return Gradient(params, dxs, tuple([0 * d for d in dinitial]))":
        ("dh0 is left zero", "dh0 and dc0 are left zero"),
}
READS = {  # in the gradient of each cell
    ("trace.xs", "np.roll(trace.xs, 1, axis=0)"): "x_(t-1) stands for x_t, in dW_x",
    ("trace.xs", "np.concatenate([0 * trace.xs[:1], trace.xs[:-1]])"): "x_(t-1) stands for x_t, in dW_x",
    ("trace.xs", "np.roll(trace.xs, -1, axis=0)"): "x_(t+1) stands for x_t, in dW_x",
    ("trace.hs[:-1]", "np.concatenate([trace.hs[:1], trace.hs[:-2]])"):
        "h_(t-2) stands where h_(t-1) belongs, in dW_h",
}

# In the formulas of one step

SQUASHED = "(0.5 + 0.5 * np.tanh(0.5 * {}))"


def slopes(k, a, z, tanh):
    """Yield (how, slope) for wrong slopes of gate k, whose activation is written a and pre-activation z."""
    once = f"np.tanh({a})" if tanh else SQUASHED.format(a)
    yield "missing", "1"
    yield "that of the other activation", f"({a} * (1 - {a}))" if tanh else f"(1 - {a} * {a})"
    yield "taken at the activation, which is squashed once more", (
        f"(1 - {once} ** 2)" if tanh else f"({once} * (1 - {once}))")
    yield "replaced by the activation, taken once more", once
    yield "taken of z itself", f"(1 - {z} ** 2)" if tanh else f"({z} * (1 - {z}))"
    yield "the activation itself", a
    if tanh:
        yield "lacks its square", f"(1 - {a})"


def said(k, how):
    of = "the slope of the tanh" if k == "h" else f"the slope of gate {k}"
    return f"{of} {how}" if how.startswith("lacks") else f"{of} is {how}"


def rnn_steps():
    right, carried = "delta = dh * (1 - h * h)", "delta @ p.W_h"
    for how, slope in slopes("h", "h", "at.kept.zs", True):
        text = "without its square" if how.startswith("lacks") else said("h", how)
        yield [(right, f"delta = dh * {slope}")], text
    yield [(right, f"{right}; delta = np.clip(delta, -1, 1)")], "delta is clipped to ±1 inside the pass"
    yield [(carried, "dh @ p.W_h")], "W_h^T takes dh back, not delta"
    yield [(carried, "delta")], "the carry forgets W_h"


def blocks(order):
    """Return the source of delta with its gates' blocks in this order; "0" stands for a zero block."""
    parts = ", ".join(f"0 * split(delta)[{k}]" if j == "0" else f"split(delta)[{j}]"
                      for k, j in enumerate(order))
    return f"np.concatenate([{parts}], axis=-1)"


def orders(n):
    """Yield (what, blocks, j, k) for gates left zero, copied and exchanged."""
    for j in range(n):
        for k in range(n):
            order = [*range(n)]
            if j == k:
                order[j] = "0"
                yield "zero", order, j, k
                continue
            order[j] = k
            yield "copy", order, j, k
            if j < k:
                order = [*range(n)]
                order[j], order[k] = k, j
                yield "exchanged", order, j, k


def lstm_steps():
    gates, last = "ifgo", "split(slope)[2][...] = 1 - g * g"
    line = "delta = slope * np.concatenate([dc * g, dc * at.before[1], dc * i, dh * tanh_c], axis=-1)"
    dc = "dc = dc + dh * o * (1 - tanh_c * tanh_c)"
    own = {k: f"({k} * (1 - {k}))" for k in "ifo"} | {"g": "(1 - g * g)"}
    for n, k in enumerate(gates):
        for how, slope in slopes(k, k, f"split(at.kept.zs)[{n}]", k == "g"):
            yield [(last, f"{last}; split(slope)[{n}][...] = {slope}")], said(k, how)
        for j in gates.replace(k, ""):
            new = f"{last}; split(slope)[{n}][...] = {own[j]}"
            yield [(last, new)], f"gate {k} has the slope of gate {j}"
        turned = f"np.concatenate([w.T if k == {n} else w for k, w in enumerate(np.split(p.W_h, 4))])"
        yield [("delta @ p.W_h", f"delta @ {turned}")], f"missing in the block of gate {k} only"
        yield [(line, f"{line}; split(delta)[{n}][...] *= -1")], f"delta^{k} has the wrong sign"
    for what, order, j, k in orders(4):
        a, b, new = gates[j], gates[k], blocks(order)
        for old, put, text in (
            (line, f"{line}; delta = {new}", {
                "zero": f"delta^{a} is left zero", "copy": f"delta^{a} is a copy of delta^{b}",
                "exchanged": f"the gates {a} and {b} are exchanged in delta"}),
            ("return (delta,", f"return ({new},", {
                "zero": f"delta^{a} is left zero", "copy": f"delta^{a} is a copy of delta^{b}",
                "exchanged": f"the deltas of the gates {a} and {b} are exchanged"}),
            ("delta @ p.W_h", f"{new} @ p.W_h", {
                "zero": f"gate {a} is left out of W_h^T delta",
                "exchanged": f"the gates {a} and {b} are exchanged in W_h^T delta"}),
        ):
            if what in text:
                yield [(old, put)], text[what]
    yield [(line, line.replace("slope", "np.ones(slope.shape)"))], "the slope of every gate is missing"
    yield [(last, "slope[...] = 1 - gates * gates")], (
        "the slopes of i, f and o are those of the other activation")
    yield [(line, f"{line}; delta = np.clip(delta, -1, 1)")], "delta is clipped to ±1 inside the pass"
    yield [("dh * tanh_c]", "dh * at.after[1]]")], "delta^o takes c_t, not tanh(c_t)"
    yield [("dc * at.before[1]", "dc * at.before[0]")], "delta^f takes h_(t-1), not c_(t-1)"
    squashed = "np.tanh(tanh_c) ** 2"
    for slope, text in (
        ("(1 - at.after[1] ** 2)", "1 - c_t^2 stands for the slope of tanh(c_t)"),
        ("(1 - at.after[0] ** 2)", "1 - h_t^2 stands for the slope of tanh(c_t)"),
        (f"(1 - {squashed})", "the slope of tanh(c_t), 1 - tanh(c_t)^2, is squashed once more"),
    ):
        yield [(dc, f"dc = dc + dh * o * {slope}")], text
    yield [(dc, "dc = (dc + dh * o) * (1 - tanh_c * tanh_c)")], "multiplies the carried dc too"
    helper = [(dc, f"dc = dc + dh * o * (1 - {squashed})"),
              (last, "split(slope)[2][...] = 1 - np.tanh(g) ** 2")]
    yield helper, "one helper takes the slope of what is squashed already: of g and of tanh(c_t)"
    again = SQUASHED.format("gates")
    yield [*helper, ("slope = gates * (1 - gates)", f"slope = {again} * (1 - {again})")], (
        "one helper takes the slope of what is squashed already: of all four gates")
    yield [(dc, f"given = dc; {dc}"), ("dc * f)", "(dc - given) * f)")], "dc_prev forgets what step t+1 sends"
    yield [(dc, f"given = dc; {dc}"), ("return (delta,", "dh = delta @ p.W_h; return (delta,"),
           ("dc * f)", "(given + dh * o * (1 - tanh_c * tanh_c)) * f)")], (
        "dc_prev is computed after dh was overwritten by dh_prev")


GRU = {"n": "dn = dh * (1 - z) * (1 - n * n)", "z": "dz = dh * (h - n) * z * (1 - z)",
       "r": "dr = dn * at.kept.hns * r * (1 - r)"}
OWN = {"n": "(1 - n * n)", "z": "z * (1 - z)", "r": "r * (1 - r)"}


def both_grus(lines):
    """Yield the mistakes that both forms of the GRU share; lines[k] holds delta^k, in its own line."""
    for n, k in enumerate("rzn"):
        for how, slope in slopes(k, k, f"split(at.kept.zs)[{n}]", k == "n"):
            yield [(lines[k], lines[k].replace(OWN[k], slope))], said(k, how)
        for j in "rzn".replace(k, ""):
            new = lines[k].replace(OWN[k], f"({OWN[j]})")
            yield [(lines[k], new)], f"gate {k} has the slope of gate {j}"
        turned = f"np.concatenate([w.T if k == {n} else w for k, w in enumerate(np.split(p.W_h, 3))])"
        yield turning(turned, lines), f"missing in the block of gate {k} only"
    yield [("dh * z +", "dh * (1 - z) +")], "the leak carries 1 - z, not z"
    yield [("dh * z +", "dh +")], "the leak carries all of dh"
    yield [(lines["n"], "dn = dh * z * (1 - n * n)")], "delta^n takes z for 1 - z"
    yield [(lines["n"], "dn = dh * (h - n) * (1 - n * n)")], "delta^n takes the factor of gate z"
    takes = lines["z"].replace("dh * (h - n)", "dh * (1 - z)")
    yield [(lines["z"], takes)], "delta^z takes the factor of gate n"
    overwritten = lines["z"].replace("dh * (h - n)", "dn * (h - n)")
    yield [(lines["z"], overwritten), ("dh * z +", "dn * z +")], (
        "dh is overwritten by delta^n, which z and the leak then take for dh")


def turning(turned, lines):
    """Return the replacements that put another W_h into the step."""
    if "drh" in lines["r"]:
        return [("p.W_h[2 * H:]", f"{turned}[2 * H:]"), ("p.W_h[:2 * H]", f"{turned}[:2 * H]")]
    return [("@ p.W_h", f"@ {turned}")]


def gru_steps():
    yield from both_grus(GRU)
    dr, out = GRU["r"], "dh * z + through_W_h @ p.W_h"
    for factor, text in (("dn * h", "delta^r takes h_(t-1) for W_h^n h_(t-1) + b_n"),
                         ("dh * (1 - z) * at.kept.hns", "delta^r lacks the slope of n"),
                         ("dh * (h - n)", "delta^r takes the factor of gate z"),
                         ("dh * (1 - z)", "delta^r takes the factor of gate n")):
        yield [(dr, dr.replace("dn * at.kept.hns", factor))], text
    back = "through_W_h = np.concatenate([dr, dz, dn * r], axis=-1)"
    clipped = f"dr, dz, dn = (np.clip(d, -1, 1) for d in (dr, dz, dn)); {back}"
    yield [(back, clipped)], "delta is clipped to ±1 inside the pass"
    H = "H = h.shape[-1]; "
    yield [(dr, f"{H}dr = dn @ p.W_h[2 * H:] * h * r * (1 - r)"),
           (out, "dh * z + through_W_h[..., :2 * H] @ p.W_h[:2 * H] + dn @ p.W_h[2 * H:] * r")], (
        "the backward pass of the original form")
    for a, b in (("dr", "dz"), ("dr", "dn"), ("dz", "dn")):
        pair = f"{a[1]} and {b[1]}"
        yield [(back, f"{a}, {b} = {b}, {a}; {back}")], f"the gates {pair} are exchanged in delta"


def original_steps():
    r, z = "drh * h * r * (1 - r)", "dh * (h - n) * z * (1 - z)"
    n = GRU["n"]
    yield from both_grus({"n": n, "z": z, "r": r})
    for factor, text in (("dh * (h - n)", "delta^r takes the factor of gate z"),
                         ("dh * (1 - z)", "delta^r takes the factor of gate n"),
                         ("(dh * (1 - z)) @ p.W_h[2 * H:] * h", "delta^r lacks the slope of n")):
        yield [(r, r.replace("drh * h", factor))], text
    road = "drh * r,)"
    yield [(r, "dn * (h @ p.W_h[2 * H:].T) * r * (1 - r)"), (road, "(dn * r) @ p.W_h[2 * H:],)")], (
        "the backward pass of PyTorch's form")
    out, swapped = "drz @ p.W_h[:2 * H]", "np.roll(drz, H, axis=-1)"
    yield [(out, "(drz * ([0] * H + [1] * H)) @ p.W_h[:2 * H]")], "gate r is left out of W_h^T delta"
    yield [(out, "(drz * ([1] * H + [0] * H)) @ p.W_h[:2 * H]")], "gate z is left out of W_h^T delta"
    yield [(out, f"{swapped} @ p.W_h[:2 * H]")], "the gates r and z are exchanged in W_h^T delta"
    yield [("return (np.concatenate([drz, dn], axis=-1)",
            f"return (np.concatenate([{swapped}, dn], axis=-1)")], (
        "the deltas of the gates r and z are exchanged")


def sums_of(cell):
    """Yield the mistakes in the gradient of one cell."""
    for (old, new), text in READS.items():
        yield [(old, new)], text
    if cell == "lstm":
        yield [("trace.hs[:-1]", "trace.cs[:-1]")], "c_(t-1) stands where h_(t-1) belongs, in dW_h"
    if cell == "gru":
        yield [("inside.T @ h", "rows(dn).T @ h")], "r is missing before delta^n, in dW_h"
        yield [("b_n=inside.sum", "b_n=rows(dn).sum")], "r is missing before delta^n, in db_n"
        n_block = "b=np.concatenate([here[:, :2 * H].sum(axis=0), inside.sum(axis=0)])"
        yield [("b=here.sum(axis=0)", n_block)], "the n block of db takes r, which it should not"
    if cell == "gru_original":
        yield [("here[:, 2 * H:].T @ (r * h)", "(here[:, 2 * H:] * r).T @ h")], (
            "r stands before delta^n, not before h_(t-1), in the n block of dW_h")


def _listed():
    """Yield (module, function, replacements, cause)."""
    for old, meanings in ((BACK, LOOPS), (f"{IN}", {IN.replace("dhs[t]", k): v for k, v in INJECTED.items()}),
                          (MASK, READ), (PUT, PLACED), (OUT, RETURNED)):
        for new, text in meanings.items():
            yield "bptt", "_deltas", [(old, new)], text
    for new, text in STRETCHES.items():
        yield "bptt", "deltas", [(FULL, new)], text
    for pairs, text in STEPS:
        yield "bptt", "_step_back", pairs, text
    for new, text in AFTER.items():
        yield "bptt", "_gradient", [(SUMS, f"{SUMS}; params = {new}")], text
    for new, text in BEFORE.items():
        yield "bptt", "_gradient", [(SUMS, SUMS.replace("delta, *", f"{new}, *"))], text
    for new, text in ENDS.items():
        yield "bptt", "_gradient", [(XS, new)], text
    steps = {"rnn": rnn_steps, "lstm": lstm_steps, "gru": gru_steps, "gru_original": original_steps}
    for cell, made in steps.items():
        for function, found in (("step_backward", made()), ("gradient", sums_of(cell))):
            for pairs, text in found:
                yield cell, function, pairs, text


@functools.cache
def causes():
    """Return {Mutant: its cause}."""
    found = {}
    for module, function, pairs, cause in _listed():
        (tree,) = [n for n in mutants.source(module).body
                   if isinstance(n, ast.FunctionDef) and n.name == function]
        original = text = ast.unparse(tree)
        for old, new in pairs:
            if old not in text:
                raise ValueError(f"written: {old!r} expected in {module}.{function}")
            text = text.replace(old, new)
        ast.parse(text)
        if text != original:
            what = "; ".join(new for _, new in pairs)
            mutant = (module, function, "backward", "written", tree.lineno, pairs[0][0], what, text)
            found[mutants.Mutant(*mutant)] = cause
    return found


def cause_of(mutant):
    return causes()[mutant]
