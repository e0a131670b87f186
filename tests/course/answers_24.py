"""Answers whose code tells what their numbers do not: a loop that returns at once, an array that is not filled, a
trace of the notebook, one small change that mends it; and slips that several exercises share. Beside each sentence
stand some of whom it must not be said: (verdict, words of the message, answer)."""

import numpy as np

from rnnlib.course import exercises

R, W, OPEN = "right", "wrong", "open"

# a return that stands inside the loop


def returns_at_once(W_h, hs, dhs):
    delta, carry = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + carry)
        carry = delta[t] @ W_h
        return delta


def returns_in_an_outer_loop(T, k1, k2):
    kept = np.zeros((T, T), bool)
    for start in range(0, T, k1):
        end = min(start + k1, T)
        for s in range(start, end):
            kept[s, max(end - k2, 0):s + 1] = True
        return kept


def returns_early_if_asked(W_h, slope, limit):
    """A return inside a loop that may go on, with a slip elsewhere: a step too few."""
    rate = slope * np.linalg.norm(W_h, 2)
    if rate >= 1:
        return np.inf
    for k in range(10**5):
        if rate ** (k + 1) <= limit:
            return k


def counts_until_it_is_there(W_h, slope, limit):
    rate = slope * np.linalg.norm(W_h, 2)
    for k in range(10**5):
        if rate >= 1 or rate**k <= limit:
            return np.inf if rate >= 1 else k


def a_step_at_once(W_x, W_h, b, W_y, b_y, xs, h_0):
    hs = [h_0]
    for x in xs:
        hs.append(np.tanh(x @ W_x.T + hs[-1] @ W_h.T + b))
        hs_array = np.array(hs)
        return hs_array, hs_array[1:] @ W_y.T + b_y


AT_ONCE = {
    exercises.check_deltas: [(W, "A return stands inside the loop", returns_at_once)],
    exercises.check_kept_pairs: [(W, "does your loop get there? A return stands inside", returns_in_an_outer_loop)],
    exercises.check_safe_steps: [
        (W, "k is off by the same number at every point, -1.", returns_early_if_asked),
        (R, "right.", counts_until_it_is_there),
    ],
    exercises.check_forward: [(W, "behind the loop.", a_step_at_once)],
}

# np.empty that is not filled, and what is kept between calls in truth


def empty_at_once(f, x):
    slopes = np.empty(x.shape)
    for index in np.ndindex(*x.shape):
        moved = x.astype(complex)
        moved[index] += 1e-30j
        slopes[index] = f(moved).imag / 1e-30
        return slopes


def counted(calls=[0]):  # noqa: B006
    def gradient(f, x):
        slopes = np.empty(x.shape)
        for index in np.ndindex(*x.shape):
            moved = x.astype(complex)
            moved[index] += 1e-30j
            slopes[index] = f(moved).imag / 1e-30
        calls[0] += 1
        return slopes * calls[0]

    return gradient


def filled(f, x):
    slopes = np.empty_like(x)
    for index in np.ndindex(*x.shape):
        moved = x.astype(complex)
        moved[index] += 1e-30j
        slopes[index] = f(moved).imag / 1e-30
    return slopes


LEFT_EMPTY = {exercises.check_complex_step: [
    (W, "A return stands inside the loop", empty_at_once),
    (W, "something is kept between calls", counted()),
    (R, "right.", filled),
]}

# tuples of a class that is made anew at every call


def named_parts(kernel, recurrent_kernel, bias):
    from collections import namedtuple

    return namedtuple("Params", "W_x W_h b")(kernel.T, recurrent_kernel.T, bias)


def named_anew(start=[0]):  # noqa: B006
    def parts(kernel, recurrent_kernel, bias):
        from collections import namedtuple

        start[0] += 1
        return namedtuple("Params", "W_x W_h b")(kernel.T, recurrent_kernel.T, bias + start[0])

    return parts


NAMED = {exercises.check_from_keras: [
    (R, "right.", named_parts),
    (W, "something is kept between calls", named_anew()),
]}

# one small change of the code


def parentheses_in_the_leak(W_h, zs, dhs, a):
    delta, carry = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + carry
        delta[t] = a * (1 - np.tanh(zs[t]) ** 2) * dh
        carry = delta[t] @ W_h + 1 - a * dh
    return delta


def parentheses_in_the_slope(W_h, zs, dhs, a):
    delta, carry = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + carry
        delta[t] = a * 1 - np.tanh(zs[t]) ** 2 * dh
        carry = delta[t] @ W_h + (1 - a) * dh
    return delta


def two_lines_of_the_leak(W_h, zs, dhs, a):
    """Two lines are wrong: no one change mends them."""
    delta, carry = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + carry
        delta[t] = a * 1 - np.tanh(zs[t]) ** 2 * dh
        carry = delta[t] @ W_h + 1 - a * dh
    return delta


def one_term_of_two(W_x, W_h, b, x, h):
    return np.tanh(x @ W_x.T) + h @ W_h.T + b


def another_name(W_h, hs, dhs, s):
    total, dh = np.zeros_like(W_h), dhs[s - 1]
    for t in range(s, 0, -1):
        delta = (1 - hs[s] ** 2) * dh
        total = total + delta.T @ hs[t - 1]
        dh = delta @ W_h
    return total


def a_row_too_early(W_h, hs, drive, dhs, K):
    loss, h = 0.0, hs[0]
    for t in range(len(dhs)):
        before = hs[t - K] if t % K == 0 else h
        h = np.tanh(drive[t] + before @ W_h.T)
        loss = loss + (dhs[t] * h).sum()
    return loss


def a_factor_too_many(w_h, a, hs):
    back = np.ones(len(hs))
    for t in reversed(range(len(hs) - 1)):
        s = (hs[t + 1] - (1 - a) * hs[t]) / a**2
        back[t] = back[t + 1] * (1 - a + a * w_h * (1 - s**2))
    return back


def twice_for_squared(w_h, hs):
    back = np.ones(len(hs))
    for t in reversed(range(len(hs) - 1)):
        back[t] = back[t + 1] * w_h * (1 - hs[t + 1] * 2)
    return back


def another_axis(logits, ids):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return -np.take_along_axis(log_p, ids[..., None], axis=1).sum()


def hangs_if_changed(i, f):
    """A while loop that one change would make endless: it is not waited for."""
    s, kept, t = np.zeros(len(i)), 1.0, len(i)
    while t > 0:
        t -= 1
        s[t] = i[t] * kept + 0.01 * t
        kept = kept * f[t]
    return s


def appended_behind_the_loop(W_x, W_o, b, W_y, b_y, xs, o_0):
    outputs = [o_0]
    for x in xs:
        h = np.tanh(x @ W_x.T + outputs[-1] @ W_o.T + b)
    outputs.append(h @ W_y.T + b_y)
    return np.array(outputs[1:])


def returned_in_the_loop(w_h, hs):
    back = np.ones(len(hs))
    for t in reversed(range(len(hs) - 1)):
        back[t] = back[t + 1] * w_h * (1 - hs[t + 1] ** 2)
        return back


def a_size_too_small(w_h, hs):
    T = len(hs) - 1
    back = np.ones(T)
    for t in reversed(range(T - 1)):
        back[t] = back[t + 1] * w_h * (1 - hs[t + 1] ** 2)
    return back


def of_a_closure():
    factor = 1 + 1e-3

    def sent_to(w_h, hs):
        back = np.ones(len(hs))
        for t in reversed(range(len(hs) - 1)):
            back[t] = back[t + 1] * w_h * (1 - factor * hs[t + 1] ** 2)
        return back

    return sent_to


MENDED = {
    exercises.check_leaky_deltas: [
        (W, "in line 6: write `carry = delta[t] @ W_h + (1 - a) * dh` in place of", parentheses_in_the_leak),
        (W, "write `delta[t] = a * (1 - np.tanh(zs[t]) ** 2) * dh` in place of", parentheses_in_the_slope),
        (W, "It is wrong already with one step of one sequence", two_lines_of_the_leak),
    ],
    exercises.check_step: [
        (W, "`return np.tanh(x @ W_x.T + h @ W_h.T + b)` in place of", one_term_of_two),
    ],
    exercises.check_part_of_loss: [(W, "write `delta = (1 - hs[t] ** 2) * dh` in place of", another_name)],
    exercises.check_frozen_loss: [(W, "write `before = hs[t] if t % K == 0 else h` in place of", a_row_too_early)],
    exercises.check_leaky: [(W, "write `s = (hs[t + 1] - (1 - a) * hs[t]) / a` in place of", a_factor_too_many)],
    exercises.check_sent_back: [
        (W, "(1 - hs[t + 1] ** 2)` in place of", twice_for_squared),
        (W, "one change mends it: put line 5, `return back`, behind the loop.", returned_in_the_loop),
        (W, "write `T = len(hs)` in place of `T = len(hs) - 1`.", a_size_too_small),
        (W, "right at the last row and wrong before it", of_a_closure()),
    ],
    exercises.check_jordan: [
        (W, "put line 5, `outputs.append(h @ W_y.T + b_y)`, into the loop.", appended_behind_the_loop),
    ],
    exercises.check_total_loss: [(W, "ids[..., None], axis=2).sum()` in place of", another_axis)],
    exercises.check_shares: [(W, "write `s[t] = i[t] * kept` in place of", hangs_if_changed)],
}

# sweeps back that are cut: what is known of one is known of all


def sweep(meet=lambda s, own, m: s * (own + m), sent=lambda delta, dh, own, s: delta, keeps=0.0,
          weight=lambda t, K: float((t + 1) % K != 0), over=lambda m: m):
    def chunk_deltas(W_h, hs, dhs, K):
        delta, message = np.zeros_like(dhs), 0 * dhs[0]
        for t in reversed(range(len(dhs))):
            arrives = weight(t, K) * message
            s = 1 - hs[t + 1] ** 2
            delta[t] = meet(s, dhs[t], arrives)
            message = over(sent(delta[t], dhs[t] + arrives, dhs[t], s) @ W_h) + keeps * arrives
        return delta

    return chunk_deltas


def at_random(meet=lambda s, own, m: s * (own + m), passes=lambda m, old, c: m / (1 - c),
              cut_off=lambda m, old, c: 0 * m, sent=lambda delta, dh, own, s: delta):
    def random_deltas(W_h, hs, dhs, cut, c):
        delta, message = np.zeros_like(dhs), 0 * dhs[0]
        for t in reversed(range(len(dhs))):
            s = 1 - hs[t + 1] ** 2
            delta[t] = meet(s, dhs[t], message)
            fresh = sent(delta[t], dhs[t] + message, dhs[t], s) @ W_h
            if t:
                message = (cut_off if cut[t - 1] else passes)(fresh, message, c)
        return delta

    return random_deltas


def chunks_from_the_first(carry_on):
    def chunk_deltas(W_h, hs, dhs, K):
        delta, carry = np.zeros_like(dhs), 0.0
        for n in range(0, len(dhs), K):
            carry = carry if carry_on else 0.0
            for t in reversed(range(n, n + K)):
                delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + carry)
                carry = delta[t] @ W_h
        return delta

    return chunk_deltas


OWN_ONLY, MESSAGE_ONLY = (lambda s, own, m: s * own + m), (lambda s, own, m: own + s * m)


def part_of_loss(begin=lambda s, T: s, twice=False, give="part"):
    def part(W_h, hs, dhs, s):
        total, dh, deltas = np.zeros_like(W_h), dhs[s - 1], np.zeros_like(dhs)
        for t in range(begin(s, len(dhs)), 0, -1):
            deltas[t - 1] = (1 - hs[t] ** 2) * dh
            total = total + deltas[t - 1].T @ hs[t - 1]
            dh = (deltas[t - 1] * ((1 - hs[t] ** 2) if twice else 1)) @ W_h
        return {"part": total, "deltas": deltas, "back": dh}[give]

    return part


SWEEPS = {
    exercises.check_chunk_deltas: [
        (W, "the slope multiplies the own loss only", sweep(OWN_ONLY)),
        (W, "the slope multiplies the message only", sweep(MESSAGE_ONLY)),
        (W, "the message passes the slope twice", sweep(sent=lambda delta, dh, own, s: s * delta)),
        (W, "yours, dhs[t] @ W_h, holds the own loss alone", sweep(sent=lambda delta, dh, own, s: own)),
        (W, "yours, dL/dh_t @ W_h, has not passed the slope", sweep(sent=lambda delta, dh, own, s: dh)),
        (W, "the messages add up from step to step", sweep(keeps=1.0)),
        (W, "right for steps 1, 2, 4 and 5, and wrong for steps 3 and 6", sweep(keeps=0.5)),
        (W, "is a mean over the sequences, one for all", sweep(over=lambda m: 0 * m + m.mean(axis=0))),
        (W, "is a sum over the sequences, one for all", sweep(over=lambda m: 0 * m + m.sum(axis=0))),
        (W, "sends on to the next chunk, which lies later", chunks_from_the_first(True)),
        (R, "right.", chunks_from_the_first(False)),
        (R, "right.", sweep()),
    ],
    exercises.check_random_deltas: [
        (W, "the slope multiplies the own loss only", at_random(OWN_ONLY)),
        (W, "holds the own loss alone", at_random(sent=lambda delta, dh, own, s: own)),
        (W, "divided by the square of 1 - c", at_random(passes=lambda m, old, c: m / (1 - c) ** 2)),
        (W, "`/ 1 - c` divides by 1", at_random(passes=lambda m, old, c: m / 1 - c)),
        (W, "at a cut the message that came last is kept", at_random(cut_off=lambda m, old, c: old)),
        (W, "nothing is cut", at_random(passes=lambda m, old, c: m, cut_off=lambda m, old, c: m)),
        (R, "right", at_random()),
    ],
    exercises.check_part_of_loss: [
        (W, "loss s enters at its own step, s", part_of_loss(begin=lambda s, T: T)),
        (W, "With one step alone", part_of_loss(begin=lambda s, T: min(s + 1, T))),
        (W, "passes the slope twice", part_of_loss(twice=True)),
        (W, "these are the deltas that loss s sends", part_of_loss(give="deltas")),
        (W, "this is what loss s sends to h_0", part_of_loss(give="back")),
        (R, "right.", part_of_loss()),
    ],
}


def two_roads(h=lambda new, old: new, c=lambda new, old: new, arrives=lambda dc_next, f: dc_next,
              gates_of=lambda gates: gates):
    def deltas(W_h, gates, cs, dhs):
        delta, dh_next, dc_next = np.zeros_like(gates), 0 * dhs[0], 0 * dhs[0]
        for t in reversed(range(len(dhs))):
            i, f, g, o = np.split(gates_of(gates[t]), 4, axis=-1)
            dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
            dc = dh * o * (1 - tanh_c**2) + arrives(dc_next, f)
            delta[t] = np.concatenate([dc * g * i * (1 - i), dc * cs[t] * f * (1 - f), dc * i * (1 - g**2),
                                       dh * tanh_c * o * (1 - o)], axis=-1)
            dh_next, dc_next = h(delta[t] @ W_h, dh_next), c(f * dc, dc_next)
        return delta

    return deltas


def vanilla(row=1, sent=lambda delta, own: delta):
    def deltas(W_h, hs, dhs):
        delta, carry = np.zeros_like(dhs), 0
        for t in reversed(range(len(dhs))):
            delta[t] = (1 - hs[t + row] ** 2) * (dhs[t] + carry)
            carry = sent(delta[t], dhs[t]) @ W_h
        return delta

    return deltas


ADDED = lambda new, old: new + old

ROADS = {
    exercises.check_two_roads: [
        (W, "what dh carries back is added to the older dh_next", two_roads(h=ADDED)),
        (W, "what dc carries back is added to the older dc_next", two_roads(c=ADDED)),
        (W, "what is carried back is added to the older carry", two_roads(ADDED, ADDED)),
        (W, "look at what step 4 sends back", two_roads(c=lambda new, old: new + 0.5 * old)),
        (W, "dc_next is multiplied by f of its own step", two_roads(arrives=lambda dc_next, f: f * dc_next)),
        (W, "dc_next is dropped", two_roads(arrives=lambda dc_next, f: 0 * dc_next)),
        (W, "look at what step 5 sends back", two_roads(arrives=lambda dc_next, f: (1 - f) * dc_next)),
        (W, "nothing squashes them once more", two_roads(gates_of=lambda gates: 1 / (1 + np.exp(-gates)))),
        (W, "no mean over them", two_roads(h=lambda new, old: 0 * new + new.mean(axis=0))),
        (W, "no sum over them", two_roads(h=lambda new, old: 0 * new + new.sum(axis=0))),
    ],
    exercises.check_deltas: [
        (W, "What is sent back is made of dhs[t] alone", vanilla(sent=lambda delta, own: own)),
        (W, "row t + 1 of hs; yours takes row t - 1", vanilla(-1)),
        (W, "the slope takes the state before", vanilla(0)),
    ],
    exercises.check_right_at_last: [
        (W, "What is sent back is made of dhs[t] alone", vanilla(sent=lambda delta, own: own)),
        (W, "look at what step 6 sends back", vanilla(sent=lambda delta, own: delta + 0.5 * own)),
    ],
    exercises.check_recurrent_gradient: [
        (W, "dW_h does not depend on hs.", lambda delta, hs: np.einsum("tbi,tbj->ij", delta, delta)),
        (W, "only sequence 1 of the batch", lambda delta, hs: delta[:, 0].T @ hs[:-1, 0]),
    ],
}

# gates, factors, gaps and text


def gate_deltas(slope_f=lambda i, f, g, o: f * (1 - f), dc=lambda a, b: a + b, order="ifgo"):
    def deltas(dh, dc_next, gates, c_before, c):
        d = dict(zip(order, gates))
        i, f, g, o = (d[name] for name in "ifgo")
        dc_t = dc(dh * o * (1 - np.tanh(c) ** 2), dc_next)
        return (dc_t * g * i * (1 - i), dc_t * c_before * slope_f(i, f, g, o), dc_t * i * (1 - g**2),
                dh * np.tanh(c) * o * (1 - o), f * dc_t)

    return deltas


def coupled(keep=lambda f: f, slope=lambda f: f * (1 - f)):
    def deltas(dh, dc_next, gates, c_before, c):
        f, g, o = gates
        k = keep(f)
        dc = dh * o + dc_next
        sign = 1 if k is f else -1
        return (sign * dc * (c_before - g) * slope(f), dc * (1 - k) * (1 - g**2), dh * c * o * (1 - o), k * dc)

    return deltas


def lstm_step(blocks=(0, 1, 2, 3)):
    def step(W_x, W_h, b, x, h, c):
        z = np.split(x @ W_x.T + h @ W_h.T + b, 4, axis=-1)
        i, f, g, o = (z[k] for k in blocks)
        sigmoid = lambda z: 1 / (1 + np.exp(-z))
        new = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(new), new

    return step


GATES = {
    exercises.check_lstm_step: [
        (W, "o is read from the block of g", lstm_step((0, 1, 2, 2))),
        (W, "f is read from the block of i", lstm_step((0, 0, 2, 3))),
        (W, "g and o are exchanged", lstm_step((0, 1, 3, 2))),
        (R, "right", lstm_step()),
    ],
    exercises.check_gate_deltas: [
        (W, "delta^f: the slope is f (1 - f), both factors of one gate", gate_deltas(lambda i, f, g, o: f * (1 - i))),
        (W, "both factors of one gate", gate_deltas(lambda i, f, g, o: o * (1 - f))),
        (W, "only delta^f is wrong", gate_deltas(lambda i, f, g, o: f * (0.9 - f))),
        (W, "is added, not multiplied", gate_deltas(dc=np.multiply)),
        (W, "yours are taken for f, i, g, o", gate_deltas(order="figo")),
        (W, "yours are taken for i, f, o, g", gate_deltas(order="ifog")),
    ],
    exercises.check_coupled: [
        (W, "f and 1 - f are exchanged throughout", coupled(lambda f: 1 - f)),
        (W, "not f (1 - f^2).", coupled(slope=lambda f: f * (1 - f**2))),
        (R, "right.", coupled()),
    ],
    exercises.check_minimal_step: [
        (W, "what squashes here is a threshold, 0 or 1", lambda W_x, W_h, b, x, h: _minimal(
            W_x, W_h, b, x, h, lambda z: 1.0 * (z > 0))),
        (R, "right.", lambda W_x, W_h, b, x, h: _minimal(W_x, W_h, b, x, h, lambda z: 1 / (1 + np.exp(-z)))),
    ],
    exercises.check_split_dX: [
        (W, "the rows are cut, one for each sequence", lambda deltas, Ws, H: (
            (deltas @ Ws.mT).sum(axis=0)[:H], (deltas @ Ws.mT).sum(axis=0)[H:])),
        (W, "the last unit is missing", lambda deltas, Ws, H: (
            (deltas @ Ws.mT).sum(axis=0)[:, :H - 1], (deltas @ Ws.mT).sum(axis=0)[:, H - 1:])),
    ],
    exercises.check_shares: [
        (W, "a product of f, not a sum", lambda i, f: i * np.array([1 + f[t + 1:].sum() for t in range(len(i))])),
        (W, "this is the memory after each step", lambda i, f: np.array(
            [sum(i[s] * f[s + 1:t].prod() for s in range(t)) for t in range(1, len(i) + 1)])),
    ],
}


def _minimal(W_x, W_h, b, x, h, gate):
    H = h.shape[-1]
    f = gate(x @ W_x[:H].T + h @ W_h[:H].T + b[:H])
    g = np.tanh(x @ W_x[H:].T + (f * h) @ W_h[H:].T + b[H:])
    return (1 - f) * h + f * g


def rate(W_h, slope):
    return slope * np.linalg.norm(W_h, 2)


def log_p(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(o):
    return np.exp(log_p(o))


def forward(read=lambda hs, zs: hs, show=lambda o: o, squash=np.tanh):
    def outputs(W_x, W_h, b, W_y, b_y, xs, h_0):
        hs, zs = [h_0], []
        for x in xs:
            zs.append(x @ W_x.T + hs[-1] @ W_h.T + b)
            hs.append(squash(zs[-1]))
        hs = np.array(hs)
        return hs, show(read(hs[1:], np.array(zs)) @ W_y.T + b_y)

    return outputs


OTHERS = {
    exercises.check_forward: [
        (W, "the outputs are read from z_t", forward(read=lambda hs, zs: zs)),
        (W, "these are logarithms of probabilities", forward(show=log_p)),
        (W, "these are probabilities", forward(show=softmax)),
        (W, "what squashes here is a tangent", forward(squash=np.tan)),
        (W, "a line that is cut off at -1 and 1", forward(squash=lambda z: np.clip(z, -1, 1))),
    ],
    exercises.check_total_loss: [
        (W, "this adds the losses of all classes", lambda logits, ids: -log_p(logits).sum()),
        (W, "the logarithm is missing", lambda logits, ids: -np.take_along_axis(
            softmax(logits), ids[..., None], axis=-1).sum()),
        (W, "yours takes the mean of exp(o)", lambda logits, ids: -np.take_along_axis(
            log_p(logits) + np.log(logits.shape[-1]), ids[..., None], axis=-1).sum()),
        (W, "picks ids of every step for every other one", lambda logits, ids: -log_p(logits)[:, :, ids].sum()),
    ],
    exercises.check_output_error: [
        (W, "p are probabilities already", lambda p, ids: softmax(p) - np.eye(p.shape[1])[ids]),
        (W, "are subtracted in the first row", lambda p, ids: p - np.outer(
            np.arange(len(p)) == 0, np.eye(p.shape[1])[sorted(set(ids))].sum(axis=0))),
        (W, "holds whole numbers only", lambda p, ids: p.astype(int) - np.eye(p.shape[1], dtype=int)[ids]),
    ],
    exercises.check_safe_steps: [
        (W, "np.inf is for a rate of 1 or more", lambda W_h, slope, limit: np.inf if rate(W_h, slope) >= limit
         else np.ceil(np.log(limit) / np.log(rate(W_h, slope)))),
        (W, "yours is their difference, or their sum", lambda W_h, slope, limit: np.inf if rate(
            W_h, slope) >= 1 else np.ceil(np.log(limit) - np.log(rate(W_h, slope)))),
    ],
    exercises.check_off_the_cliff: [
        (W, "With the two exchanged it is 0.0016", lambda: (0.1, 3.0)),
        (W, "because the steps", lambda: (0.1, 1.0)),
        (W, "leave out the quotes", lambda: ("3.0", "0.1")),
        (W, "return two numbers", lambda: ("fast", "short")),
    ],
    exercises.check_choose_W_h: [
        (OPEN, "not finished yet: 1 of 4 numbers is still open.", lambda: np.array([[0.0, 1.0], [..., 0.0]])),
        (OPEN, "not attempted yet.", lambda: np.array([[..., ...], [..., ...]])),
        (W, "leave out the quotes", lambda: [["0", "1"], ["1", "0"]]),
        (W, "W_h should be", lambda: [["a", "b"], ["c", "d"]]),
    ],
    exercises.check_point: [
        (OPEN, "not finished yet: T is still open.", lambda: dict(
            T=..., B=2, H=2, h0="random", W_h="random", losses="every step")),
        (OPEN, "not attempted yet.", lambda: dict(
            T=..., B=..., H=..., h0="zero or random", W_h="symmetric or random",
            losses="last step or every step")),
    ],
    exercises.check_relative_error: [
        (W, "a scale below a limit is taken for 0", lambda a, n: np.abs(a - n).max() / max(
            np.abs(a).max(), np.abs(n).max()) if max(np.abs(a).max(), np.abs(n).max()) > 1e-12 else 0.0),
        (W, "there is a constant in your denominator", lambda a, n: np.abs(a - n).max() / (max(
            np.abs(a).max(), np.abs(n).max()) + 1e-8)),
    ],
    exercises.check_filter_back: [
        (W, "mode='same' centres the result", lambda w, u: np.correlate(u, w, mode="same")),
        (W, "this is u beside u", lambda w, u: np.array(
            [u[k:] @ u[:max(len(u) - k, 0)] for k in range(len(w))])),
        (W, "not at K=5, T=2", lambda w, u: sum(np.append(w[k] * u[k:], np.zeros(k))[:len(u)] + (
            0 * u[:len(u) - k] if k > len(u) else 0 * u) for k in range(len(w)))),
    ],
}

ANSWERS = {}
for some in (AT_ONCE, LEFT_EMPTY, NAMED, MENDED, SWEEPS, ROADS, GATES, OTHERS):
    for check, rows in some.items():
        ANSWERS.setdefault(check, []).extend(rows)
