import numpy as np
import pytest
from helpers import error

from rnnlib import gradcheck, losses

T, B, K = 6, 4, 5


def logits_and_labels(seed=0):
    """Return logits (T, B, K), class ids (T, B), soft labels (T, B, K) and a mask (T, B)."""
    rng = np.random.default_rng(seed)
    soft = rng.dirichlet(np.ones(K), (T, B))
    return 3 * rng.normal(size=(T, B, K)), rng.integers(K, size=(T, B)), soft, rng.random((T, B)) < 0.6


MASKS = {"all": lambda m: None, "mask": lambda m: m, "last": lambda m: losses.last_step(T, B)}


@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())
@pytest.mark.parametrize("labels", ["hard", "soft", "squares"])
def test_every_loss_has_the_derivative_of_a_complex_step(labels, mask, mean):
    logits, ids, soft, some = logits_and_labels()
    loss = losses.squared_error if labels == "squares" else losses.softmax_cross_entropy
    targets = ids if labels == "hard" else soft

    def run(o):
        return loss(o, targets, mask=mask(some), mean=mean)

    report = gradcheck.check(lambda o: run(o)[0], logits, lambda o: run(o)[1], method="complex")

    assert report.ok, report


def test_the_derivative_of_cross_entropy_is_p_minus_y():
    logits, ids, soft, _ = logits_and_labels()
    p = losses.softmax(logits)

    assert error(losses.softmax_cross_entropy(logits, ids)[1], p - losses.one_hot(ids, K)) < 1e-15
    assert error(losses.softmax_cross_entropy(logits, soft)[1], p - soft) < 1e-15


@pytest.mark.parametrize("labels", [1, 2])
def test_the_losses_of_the_steps_add_up_to_the_total_and_the_mean_divides_by_their_number(labels):
    logits, *rest = logits_and_labels()
    targets, mask = rest[labels - 1], rest[2]

    each = losses.cross_entropy(logits, targets)
    total, derivative = losses.softmax_cross_entropy(logits, targets, mask)
    mean, its_derivative = losses.softmax_cross_entropy(logits, targets, mask, mean=True)

    assert each.shape == (T, B)
    assert error(each[mask].sum(), total) < 1e-14
    assert error(mean * mask.sum(), total) < 1e-14
    assert error(its_derivative * mask.sum(), derivative) < 1e-14
    assert not derivative[~mask].any()


@pytest.mark.parametrize("labels", ["hard", "soft"])
def test_cross_entropy_agrees_with_pytorch(labels, torch):
    logits, ids, soft, _ = logits_and_labels()
    ours = {"hard": ids, "soft": soft}[labels]
    theirs = torch.tensor(ours.reshape(-1) if labels == "hard" else ours.reshape(-1, K))
    x = torch.tensor(logits.reshape(-1, K), requires_grad=True)

    loss, derivative = losses.softmax_cross_entropy(logits, ours)
    expected = torch.nn.functional.cross_entropy(x, theirs, reduction="sum")
    expected.backward()

    assert error(loss, expected.item()) < 1e-12
    assert error(derivative.reshape(-1, K), x.grad.numpy()) < 1e-12


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_softmax_never_overflows(dtype, size):
    logits = np.array([[size, 0, -size], [-size, -size, -size], [size, size, size]], dtype)

    with np.errstate(over="raise", invalid="raise", divide="raise"):
        p, log_p = losses.softmax(logits), losses.log_softmax(logits)
        loss, derivative = losses.softmax_cross_entropy(logits, np.array([0, 1, 2]))

    assert error(p, np.array([[1, 0, 0], [1 / 3] * 3, [1 / 3] * 3], dtype)) < 1e-7
    assert np.isfinite(log_p).all() and np.isfinite(derivative).all()
    assert error(loss, 2 * np.log(3)) < 1e-6
    assert {a.dtype for a in (p, log_p, loss, derivative)} == {np.dtype(dtype)}


def test_zero_times_log_zero_is_zero():
    logits, target = np.array([0.0, -1e4]), np.array([1.0, 0.0])

    with np.errstate(all="raise", under="ignore"):
        loss, derivative = losses.softmax_cross_entropy(logits, target)

    assert losses.softmax(logits)[1] == 0
    assert loss == 0 and not derivative.any()


def test_a_very_wrong_answer_costs_its_distance_in_nats():
    assert error(losses.cross_entropy(np.array([0.0, 1e4]), np.array(0)), 1e4) < 1e-15


@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_any_leading_axes_will_do(batch):
    rng = np.random.default_rng(1)
    logits, ids = rng.normal(size=(*batch, K)), rng.integers(K, size=batch)

    loss, derivative = losses.softmax_cross_entropy(logits, ids)

    assert losses.cross_entropy(logits, ids).shape == batch
    assert derivative.shape == logits.shape and loss > 0


def test_squared_error_is_half_the_sum_of_squares():
    loss, derivative = losses.squared_error([[1.0, 2.0]], [[0.0, 4.0]])

    assert loss == 2.5
    assert derivative.tolist() == [[1.0, -2.0]]


def test_float32_stays_float32_and_inputs_stay_as_they_were():
    logits, ids, soft, mask = logits_and_labels()
    logits, given = logits.astype("f"), (ids, soft, mask)
    before = [a.tobytes() for a in (logits, *given)]

    for targets in (ids, soft, soft.astype("f")):
        for mean in (False, True):
            outputs = losses.softmax_cross_entropy(logits, targets, mask, mean)
            assert {a.dtype.name for a in outputs} == {"float32"}
    outputs = losses.squared_error(logits, soft.astype("f"), mask, mean=True)

    assert {a.dtype.name for a in outputs} == {"float32"}
    assert [a.tobytes() for a in (logits, *given)] == before


def test_last_step_selects_only_the_last_step():
    assert losses.last_step(3, 2).tolist() == [[False] * 2, [False] * 2, [True] * 2]
    assert losses.last_step(1).tolist() == [True]
