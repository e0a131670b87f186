import numpy as np
import pytest
from helpers import arrays, error

from rnnlib import activations, bptt, gradcheck, rnn

names = pytest.mark.parametrize("name", ["tanh", "linear", "relu", "sigmoid"])


def point(cell, seed=0, **sizes):
    p, xs, state, dhs = gradcheck.designed_point(cell, np.random.default_rng(seed), **sizes)
    return p, bptt.forward(cell, p, xs, state), dhs


def test_tanh_gives_the_bits_of_the_vanilla_cell():
    cell = activations.cell("tanh")

    passes = []
    for some in (cell, rnn):
        p, trace, dhs = point(some, T=6, B=4, D=2, H=3)
        passes.append((trace.hs, trace.zs, *arrays(bptt.backward(some, p, trace, dhs))))

    assert all(np.array_equal(a, b) for a, b in zip(*passes, strict=True))


@names
@pytest.mark.parametrize("sizes", [(5, 4, 2, 3), (1, 3, 2, 4), (7, 1, 3, 2)])
def test_every_gradient_agrees_with_a_complex_step(name, sizes):
    cell = activations.cell(name)
    p, trace, dhs = point(cell, 1, **dict(zip("TBDH", sizes)))

    report = gradcheck.check_cell(cell, p, trace.xs, trace.hs[0], dhs, method="complex")

    assert report.ok, report
    assert len(report.verdicts) == 5


CLOSED = {
    "tanh": lambda z: np.sinh(z) / np.cosh(z),
    "linear": lambda z: z,
    "relu": lambda z: (z + np.abs(z)) / 2,
    "sigmoid": lambda z: np.exp(z) / (1 + np.exp(z)),
}


@names
def test_the_function_is_its_formula_and_the_slope_its_largest_derivative(name):
    function, derivative, slope = activations.functions(name)
    z = np.linspace(-9, 9, 10_000)

    values = function(z)
    slopes = function(z + 1e-30j).imag / 1e-30

    assert error(values, CLOSED[name](z)) < 1e-15
    assert error(derivative(values), slopes) < 1e-15
    assert slopes.max() <= slope == activations.cell(name).slope
    assert slopes.max() > (1 - 1e-6) * slope
    assert activations.cell(name).name == name


@names
def test_float32_stays_float32_and_nothing_is_shared(name):
    cell = activations.cell(name)
    p, trace, dhs = point(cell)
    small = bptt.forward(cell, p._make(w.astype("f") for w in p), trace.xs.astype("f"))

    gradient = bptt.backward(cell, p._make(w.astype("f") for w in p), small, dhs.astype("f"))

    assert {a.dtype.name for a in (*small.states, *small.kept, *arrays(gradient))} == {"float32"}
    assert not np.shares_memory(cell.step(p, trace.zs[0], (trace.hs[0],))[0][0], trace.zs)
    z = trace.zs.copy()
    assert not np.shares_memory(activations.functions(name)[0](z), z)


def test_large_arguments_saturate_without_a_warning():
    z = np.array([-1e4, -800.0, 800.0, 1e4])

    assert activations.functions("sigmoid")[0](z).tolist() == [0, 0, 1, 1]
    assert activations.functions("relu")[0](z).tolist() == [0, 0, 800, 1e4]


@pytest.mark.parametrize(("name", "kind", "rest"), [
    ("tnah", ValueError, "got 'tnah'. Did you mean 'tanh'?"),
    ("Relu", ValueError, "got 'Relu'. Did you mean 'relu'?"),
    ("sin", ValueError, "got 'sin'."),
    (None, TypeError, "got None."),
    (np.tanh, TypeError, "got <ufunc 'tanh'>."),
])
def test_an_unknown_name_gets_a_sentence(name, kind, rest):
    for function in ("cell", "functions"):
        with pytest.raises(kind) as caught:
            getattr(activations, function)(name)

        assert str(caught.value) == (
            f"activations.{function}: activation must be one of tanh, linear, relu, sigmoid; {rest}")
