"""The checkers of notebook 3, exercises 4 to 6: solutions pass, every slip is named."""

import numpy as np

from rnnlib.course import exercises


def two_derivatives(h, w_h, wrong=None):
    slope = 1 - np.square(np.tanh(h) if wrong == "tanh twice" else h)
    slope = np.ones(4) if wrong == "no slope" else slope
    immediate = slope[3] * h[2]
    first = {"no h_1": 0.0}.get(wrong, slope[1] * h[0])
    w = 1.0 if wrong == "no w_h" else w_h
    second = slope[2] * h[1] + (1 if wrong == "no later slope" else slope[2]) * w * first
    through = (1 if wrong == "no later slope" else slope[3]) * w * second
    total = {"immediate": immediate, "through": through}.get(wrong, immediate + through)
    own = {"h_3": slope[3] * h[3], "slope of 2": slope[2] * h[2], "h_2 alone": h[2]}.get(wrong, immediate)
    return (total, own) if wrong == "exchanged" else (own, total)


def part_of_loss(W_h, hs, dhs, s, wrong=None):
    speak = {"all": slice(None), "up to": slice(0, s), "from": slice(s - 1, None), "row s": slice(s, s + 1),
             "column": slice(None), "columns": slice(None)}.get(wrong, slice(s - 1, s))
    spoken = np.zeros_like(dhs)
    spoken[speak] = dhs[speak]
    total, carry = np.zeros_like(W_h), np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        delta = (1 - hs[t + 1] ** 2) * (spoken[t] + carry)
        left = {"own": t == s - 1, "not own": t < s - 1, "not 1": t > 0, "column": t == s - 1,
                "columns": t < s}.get(wrong, True)
        total += left * (delta.T @ hs[t])
        carry = delta @ (W_h.T if wrong == "W_h.T" else W_h)
    return total.T if wrong == "transposed" else total


def leaky_deltas(W_h, zs, dhs, a, wrong=None):
    leak = {"no leak": 0.0, "leak a": a, "leak 1": 1.0, "exchanged": a}.get(wrong, 1 - a)
    own = {"no a": 1.0, "exchanged": 1 - a}.get(wrong, a)
    delta, carry = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + carry
        slope = {"z": 1 - zs[t] ** 2, "no slope": 1.0}.get(wrong, 1 - np.tanh(zs[t]) ** 2)
        delta[t] = own * slope * dh
        back = {"dh": dh}.get(wrong, delta[t]) @ (W_h.T if wrong == "W_h.T" else W_h)
        carry = (wrong != "no carry") * back + leak * (delta[t] if wrong == "leaked delta" else dh)
    return delta / (a * (1 - np.tanh(zs) ** 2)) if wrong == "total" else delta


CHECKS = {
    exercises.check_two_derivatives: (two_derivatives, {
        "tanh twice": "through the tanh already", "no slope": "tanh is missing: it is 1 - h_t",
        "immediate": "the immediate derivative again", "no h_1": "stops at step 2", "no w_h": "lacks w_h",
        "no later slope": "lacks the slope of the later step", "through": "add the immediate derivative",
        "h_3": "beside w_h in z_3 stands h_2", "slope of 2": "the slope of h_3 is needed",
        "h_2 alone": "it is 1 - h_3^2", "exchanged": "in another order",
    }),
    exercises.check_part_of_loss: (part_of_loss, {
        "all": "this is the whole dL/dW_h", "up to": "what all losses up to s send",
        "from": "the losses from s on", "row s": "loss s is row s-1", "own": "only step s is there",
        "not own": "step s itself is missing", "not 1": "step 1 is missing", "W_h.T": "its transpose belongs",
        "column": "what all losses send to step s", "columns": "what all losses send to the steps up to s",
        "transposed": "transposed",
    }),
    exercises.check_leaky_deltas: (leaky_deltas, {
        "no leak": "the leak is missing", "leak a": "straight back is 1 - a",
        "leak 1": "straight back is 1 - a", "no a": "a is missing in delta",
        "exchanged": "a and 1 - a are exchanged",
        "leaked delta": "does not pass the tanh", "z": "at z_t, 1 - tanh", "no slope": "at z_t, 1 - tanh",
        "W_h.T": "its transpose belongs", "dh": "through W_h goes delta_t",
        "no carry": "through W_h is missing", "total": "this is the total dL/dh_t",
    }),
}


def test_the_leaky_deltas_are_the_numerical_ones():
    """The solution itself, by the complex step: every delta_t is what a nudge of z_t does to the loss."""
    rng = np.random.default_rng(0)
    T, B, H, a = 4, 2, 3, 0.35
    W_h, inputs, dhs = rng.normal(size=(H, H)), rng.normal(size=(T, B, H)), rng.normal(size=(T, B, H))

    def forward(nudge):
        h, zs, loss = 0.5 * np.ones((B, H)), [], 0
        for t in range(T):
            zs.append(inputs[t] + h @ W_h.T + nudge[t])
            h = (1 - a) * h + a * np.tanh(zs[-1])
            loss = loss + (dhs[t] * h).sum()
        return np.array(zs), loss

    numerical = np.zeros((T, B, H))
    for at in np.ndindex(T, B, H):
        nudge = np.zeros((T, B, H), complex)
        nudge[at] = 1e-30j
        numerical[at] = forward(nudge)[1].imag / 1e-30

    delta = leaky_deltas(W_h, forward(np.zeros((T, B, H)))[0], dhs, a)

    np.testing.assert_allclose(delta, numerical, rtol=1e-11, atol=0)


def test_the_parts_of_all_losses_add_up_to_the_gradient():
    rng = np.random.default_rng(0)
    W_h, hs, dhs = rng.normal(size=(3, 3)), rng.uniform(-0.9, 0.9, (6, 4, 3)), rng.normal(size=(5, 4, 3))

    parts = sum(part_of_loss(W_h, hs, dhs, s) for s in range(1, 6))

    np.testing.assert_allclose(parts, part_of_loss(W_h, hs, dhs, 1, wrong="all"), rtol=1e-12, atol=0)
