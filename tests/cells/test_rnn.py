import numpy as np
import pytest
from helpers import arrays, error

from rnnlib import bptt, gradcheck, rnn


@pytest.mark.parametrize("seed", range(12))
def test_states_and_every_gradient_agree_with_pytorch(seed, torch):
    rng = np.random.default_rng(seed)
    T, B, D, H = rng.permutation(np.arange(1, 9))[:4].tolist()
    p, xs, state, dhs = gradcheck.designed_point(rnn, rng, T, B, D, H)
    theirs = torch.nn.RNN(D, H, dtype=torch.float64)
    with torch.no_grad():
        for w, ours in zip(theirs.parameters(), (*p, np.zeros(H))):
            w.copy_(torch.tensor(ours))
    x = torch.tensor(xs, requires_grad=True)
    h0 = torch.tensor(state[0][None], requires_grad=True)

    trace = bptt.forward(rnn, p, xs, state)
    ours = bptt.backward(rnn, p, trace, dhs)
    hs = theirs(x, h0)[0]
    hs.backward(torch.tensor(dhs))

    grads = [w.grad.numpy() for w in theirs.parameters()]
    assert error(trace.hs[1:], hs.detach().numpy()) < 1e-12
    assert error(arrays(ours), (*grads[:3], x.grad.numpy(), h0.grad.numpy()[0])) < 1e-12
    assert error(ours.params.b, grads[3]) < 1e-12


def test_one_step_is_the_formula():
    p = rnn.Params(np.array([[2.0, -1.0]]), np.array([[0.5]]), np.array([0.1]))

    (h,), kept = rnn.step(p, np.array([2.0, -1.0]) @ np.array([0.3, 0.2]) + 0.1, (np.array([0.4]),))

    assert error(kept.zs, np.array([0.6 - 0.2 + 0.1 + 0.2])) < 1e-15
    assert error(h, np.tanh([0.7])) < 1e-15


def test_init_draws_within_the_fan_in_and_repeats_with_the_seed():
    p, again = (rnn.init(np.random.default_rng(1), D=2, H=50) for _ in range(2))

    assert [w.shape for w in p] == list(rnn.shapes(2, 50))
    assert 0.6 < abs(p.W_x).max() <= 1 / np.sqrt(2) and 0.1 < abs(p.W_h).max() <= 1 / np.sqrt(50)
    assert not p.b.any()
    assert all(np.array_equal(a, b) for a, b in zip(p, again))


def test_init_keeps_float32():
    assert {w.dtype.name for w in rnn.init(np.random.default_rng(1), 2, 3, np.float32)} == {"float32"}
