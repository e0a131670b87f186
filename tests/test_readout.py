import numpy as np
import pytest
from helpers import error

from rnnlib import gradcheck, readout


@pytest.mark.parametrize("batch", [(), (5,), (6, 4), (6, 2, 2)])
def test_outputs_and_gradients_agree_with_pytorch(batch, torch):
    rng = np.random.default_rng(0)
    q = readout.init(rng, H=3, K=5)._replace(b_y=rng.normal(size=5))
    hs, dos = rng.normal(size=(*batch, 3)), rng.normal(size=(*batch, 5))
    tensors = [torch.tensor(a, requires_grad=True) for a in (hs, *q)]

    theirs = torch.nn.functional.linear(*tensors)
    theirs.backward(torch.tensor(dos))
    dq, dhs = readout.backward(q, hs, dos)

    assert error(readout.forward(q, hs), theirs.detach().numpy()) < 1e-12
    assert error((dhs, *dq), tuple(t.grad.numpy() for t in tensors)) < 1e-12


def test_gradients_agree_with_a_complex_step():
    rng = np.random.default_rng(1)
    q = readout.init(rng, H=3, K=5)
    hs, dos = rng.normal(size=(6, 4, 3)), rng.normal(size=(6, 4, 5))

    def gradient(inputs):
        dq, dhs = readout.backward(inputs["q"], inputs["hs"], dos)
        return {"q": dq, "hs": dhs}

    report = gradcheck.check(lambda i: (dos * readout.forward(i["q"], i["hs"])).sum(),
                             {"q": q, "hs": hs}, gradient)

    assert report.ok, report


def test_float32_stays_float32():
    q = readout.init(np.random.default_rng(2), 3, 5, np.float32)
    hs = np.ones((6, 4, 3), np.float32)

    outputs = readout.forward(q, hs)
    (dW_y, db_y), dhs = readout.backward(q, hs, outputs)

    assert {a.dtype.name for a in (*q, outputs, dW_y, db_y, dhs)} == {"float32"}
