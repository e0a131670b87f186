"""Exercises of notebook 10, why the LSTM remembers."""

import numpy as np

from ... import analysis, bptt
from ...cells import lstm
from .feedback import NOT_ATTEMPTED, Feedback, checker, compare, run

HALF_LIVES = (1.5, 4.0, 25.0, 69.3, 1000.0)


@checker(10, 1, "A bias for a half-life")
def check_forget_bias(answer):
    """Notebook 10, exercise 1: half-life (a number) -> the forget bias b with σ(b)^half_life = 1/2."""
    k, found = np.array(HALF_LIVES), []
    for number in HALF_LIVES:
        one = run(answer, number)
        if isinstance(one, Feedback):
            return one
        one = one[()] if isinstance(one, np.ndarray) and one.ndim == 0 else one
        if not isinstance(one, (int, float, np.integer, np.floating)):
            return Feedback("wrong", f"return one number, the bias; got {type(one).__name__}.")
        found.append(one)
    f = 0.5 ** (1 / k)
    logit = lambda f: np.log(f / (1 - f))
    with np.errstate(all="ignore"):
        slips = {
            "this is f itself: the bias is what σ turns into f, b = ln(f / (1 - f)).": f,
            "this is ln f: σ is undone by ln(f / (1 - f)).": np.log(f),
            "this is f / (1 - f): its logarithm is still to be taken.": f / (1 - f),
            "the sign: a larger bias opens the gate, b = ln(f / (1 - f)).": -logit(f),
            "you undo the tanh; a gate is a σ: b = ln(f / (1 - f)).": np.arctanh(f),
            "f^k = 1/2 gives f = (1/2)^(1/k), not (1/2)^k.": logit(0.5**k),
            "f = exp(-1/k) leaves 1/e after k steps; asked for is 1/2.": logit(np.exp(-1 / k)),
            "f = 1 - 1/k leaves about 1/e after k steps; solve f^k = 1/2.": logit(1 - 1 / k),
            "k steps do not lose 1/2 in equal parts: each loses a share of what is left, f^k = 1/2.":
                logit(1 - 0.5 / k),
            "ln k is a good bias for a time of k steps, but not the exact one: solve σ(b)^k = 1/2.":
                np.log(k),
        }
    return compare(found, logit(f), slips, "the bias, for half-lives of 1.5, 4, 25, 69.3 and 1000 steps,",
                   "right: to double the half-life costs a bias of about ln 2 = 0.69 more.")


@checker(10, 2, "Through c alone, and all of it")
def check_through_c(answer):
    """Notebook 10, exercise 2: J (T, 2H, 2H) -> through c alone (H, H), and the whole dc_T/dc_0 (H, H)."""
    rng, (T, D, H) = np.random.default_rng(112), (4, 2, 3)
    p = lstm.Params(*(rng.normal(size=shape) for shape in lstm.shapes(D, H)))
    state = rng.uniform(-0.9, 0.9, H), rng.normal(size=H)
    J = analysis.jacobians(lstm, p, bptt.forward(lstm, p, rng.normal(size=(T, D)), state))
    result = run(answer, J)
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return Feedback("wrong", "return two arrays (H, H): through c alone, then the whole.")
    h, c = slice(None, H), slice(H, None)
    product = lambda blocks: np.linalg.multi_dot(list(blocks)[::-1])
    alone, total, backwards = product(J[:, c, c]), product(J), product(J[::-1])
    text = "this is the block of {}: rows belong to what is differentiated, and h comes before c."
    slips = {
        "through c alone": (alone, {
            "the two results are exchanged: first through c alone, then the whole.": total[c, c],
            text.format("h by h"): product(J[:, h, h]),
            "this takes the c block of one step only: multiply those of all steps.": J[-1, c, c],
            "this takes the c block of the first step only: multiply those of all steps.": J[0, c, c],
            "right, but as a vector: the product of the forget gates stands on a diagonal, (H, H).":
                np.diag(alone),
            "the blocks are multiplied, not added.": J[:, c, c].sum(axis=0),
        }),
        "the whole": (total[c, c], {
            "here too you cut before you multiply: so no path may leave c. Multiply the whole J_t, "
            "then cut.": alone,
            "the order: J_T stands on the left, J_1 on the right.": backwards[c, c],
            text.format("h_T by h_0"): total[h, h],
            text.format("h_T by c_0"): total[h, c],
            text.format("c_T by h_0"): total[c, h],
            "transposed: row n belongs to c_T, column m to c_0.": total[c, c].T,
            "this is the block of the last step only: multiply all J_t, then cut.": J[-1, c, c],
            "this is all of the product: of its four blocks return c_T by c_0.": total,
        }),
    }
    for part, (name, (right, wrong)) in zip(result, slips.items(), strict=True):
        feedback = compare(part, right, wrong, name)
        if feedback.verdict != "right":
            return feedback
    apart = np.linalg.norm(total[c, c] - alone) / np.linalg.norm(total[c, c])
    return Feedback("right", f"right: here the road through c alone misses {apart:.0%} of the derivative.")


@checker(10, 3, "Store what is marked")
def check_store(answer):
    """Notebook 10, exercise 3: () -> W_x (4, 2) and b (4,) of a unit that stores marked values."""
    result = run(answer)
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return Feedback("wrong", "return two arrays: W_x (4, 2) and b (4,).")
    if any(part is None or part is Ellipsis for part in result):
        return Feedback("open", NOT_ATTEMPTED)
    for (name, shape), part in zip((("W_x", (4, 2)), ("b", (4,))), result, strict=True):
        try:
            part = np.asarray(part, dtype=float)
        except (TypeError, ValueError):
            return Feedback("wrong", f"{name} should be numbers; got {type(part).__name__}.")
        if part.shape != shape:
            return Feedback("wrong", f"{name} has shape {part.shape}; expected {shape}.")
        if not np.isfinite(part).all():
            return Feedback("wrong", f"{name} contains nan or inf.")
    W_x, b = (np.asarray(part, dtype=float) for part in result)
    rng, T, B = np.random.default_rng(113), 120, 20
    values, marks = rng.uniform(-1, 1, (T, B)), np.zeros((T, B))
    marks[[[4], [20]], np.arange(B)] = 1                            # the last mark is 99 steps from the end
    state = np.zeros((B, 1)), rng.uniform(-2, 2, (B, 1))
    trace = bptt.forward(lstm, lstm.Params(W_x, np.zeros((4, 1)), b), np.stack([values, marks], -1), state)
    i, f, g, _ = (gate[..., 0] for gate in lstm.split(trace.kept.gates))
    target, c, marked = np.tanh(values[20]), trace.cs[-1, :, 0], marks == 1
    worst = np.abs(c - target).max()
    if worst <= 0.01:
        return Feedback("right", f"right: after 99 steps the memory is off by {worst:.1g} at most.")
    kept = f[~marked].min() ** 99
    faults = [
        (i[marked].min() < 0.5 < i[~marked].max(),
         "the input gate is the wrong way round: it must be open at a mark and closed without."),
        (f[marked].max() > 0.5 > f[~marked].min(),
         "the forget gate is the wrong way round: it must be closed at a mark and open without."),
        (i[marked].min() < 0.99,
         f"at a mark the input gate is only {i[marked].min():.2g} open: write all of it."),
        (np.abs(g[marked] - np.tanh(values[marked])).max() > 0.01,
         "at a mark the candidate must be tanh of the value: give it W_x = (1, 0) and no bias."),
        (f[marked].max() > 0.005,
         f"at a mark the forget gate is still {f[marked].max():.2g} open: the old memory stays in."),
        (kept < 0.99,
         f"without a mark the forget gate is {f[~marked].min():.4f}: after 99 steps that leaves {kept:.2g}."),
        (True, f"without a mark the input gate is {i[~marked].max():.1g} open: 99 unmarked values get in."),
    ]
    return Feedback("wrong", next(text for found, text in faults if found))
