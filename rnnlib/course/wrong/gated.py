"""Mistakes in the LSTM and the GRU. Errors are those at `point` with seed 0, losses those of `train`."""

from ...cells import gru, lstm
from .diffs import Mistake
from .passes import gru_backward, lstm_backward, lstm_network

CELL, ALL = "W_x W_h b xs h0 c0", "W_x W_h b W_y b_y xs h0 c0"
GRU = "W_x W_h b b_n xs h0"
HELPERS = "dsigmoid, dtanh = lambda a: a * (1 - a), lambda a: 1 - a ** 2"
OF_Z = "dsigmoid, dtanh = lambda z: sigmoid(z) * (1 - sigmoid(z)), lambda z: 1 - np.tanh(z) ** 2"
DC = "dc = dc_next + dh * o * dtanh(tanh_c)"
RETURN = 'return loss, {"p": cell, "q": out, "xs": np.stack(dxs), "h0": dh_next, "c0": dc_next}'
ACTIVATIONS = "i, f, g, o = sigmoid(i + b_i), sigmoid(f + b_f), np.tanh(g + b_g), sigmoid(o + b_o)"
BIASES = "db += np.concatenate([d.sum(axis=0) for d in (dz_i, dz_f, dz_g, dz_o)])"
ROADS = "dh_prev = dz_i @ W_i + dz_f @ W_f + dz_g @ W_g + dz_o @ W_o"
HAND_ON = "dh_next, dc_next = dh_prev, dc_prev"

MISTAKES = (
    Mistake(
        name="dc-overwritten",
        title="dc_prev is computed from an overwritten dh",
        puzzle="The order of two lines",
        cell=lstm, right=lstm_backward,
        change={"dc_prev = dc * f": "dc_prev = (dc_next + dh_prev * o * dtanh(tanh_c)) * f"},
        fails=CELL, hidden_at=(),
        source="numpy-tutorials, LSTM from scratch (numpy/numpy-tutorials#105, 2021; withdrawn in 2025)",
        breaks="Everything before the last step. In the published code the gradient of W_i pointed away "
        "from the right one (cosine -0.40).",
        hides="With one step every parameter is right; only dL/dc0, for which nobody asks, is not.",
        falling_loss="It falls from 2.71 to 0.02, as with the right gradient.",
    ),
    Mistake(
        name="dc-through-tanh",
        title="The carried dc goes through the tanh",
        puzzle="A bracket",
        cell=lstm, right=lstm_backward,
        change={DC: "dc = (dc_next + dh * o) * dtanh(tanh_c)"},
        fails=CELL, hidden_at=("one step",),
        source="wiseodd/hipsternet, before its last commit, which mends it; the repository has no "
        "gradient check",
        breaks="Everything before the last step, by 6 to 33 %. The error carousel now leaks: c_t reaches "
        "c_(t+1) without a tanh, so what comes back must not be multiplied by its slope.",
        hides="Exactly right with one step. Where cell states are small the slope is near 1, and it "
        "fades.",
        falling_loss="It falls from 2.71 to 0.02, as with the right gradient.",
    ),
    Mistake(
        name="dc-dropped",
        title="dc_next is not added",
        puzzle="Is it needed at all?",
        cell=lstm, right=lstm_backward,
        change={DC: "dc = dh * o * dtanh(tanh_c)"},
        fails=CELL, hidden_at=("one step",),
        source="nicodjimenez/lstm#49 (2021), a proposal to remove this term because the loss then fell "
        "further; the author kept the term, rightly. Issues 33 and 39 ask what it is for",
        breaks="Everything before the last step, by 22 to 74 %: the error carousel is cut.",
        hides="Exactly right with one step.",
        falling_loss="It falls further than with the right gradient: 0.017 against 0.024. That proves "
        "nothing, which is what the thread of this mistake is about.",
    ),
    Mistake(
        name="carries-never-updated",
        title="The carries are never updated in the loop",
        puzzle="As the course expects it",
        cell=lstm, right=lstm_backward,
        change={HAND_ON: ""},
        fails=CELL, hidden_at=("one step",),
        source="Coursera Deep Learning, course 5 week 1, lstm_backward, by its published expected output; "
        "reported in sagarnildass/andrew_ng_deep_learning#1 (2019)",
        breaks="Everything before the last step: dh_next and dc_next stay zero, a window of one step. The "
        "course's expected value for one entry is 0.1024 where differences give 0.4051.",
        hides="Exactly right with one step. A test against the expected output certifies it.",
        falling_loss="It falls from 2.71 to 0.02, as with the right gradient.",
    ),
    Mistake(
        name="tanh-slope-of-c",
        title="1 - c^2 stands for 1 - tanh(c)^2",
        puzzle="Before or after the tanh?",
        cell=lstm, right=lstm_backward,
        change={DC: "dc = dc_next + dh * o * dtanh(c)"},
        fails=CELL, hidden_at=(),
        source="[002], if its helpers take activations",
        breaks="Every step: gates i, f and g, and through them everything earlier. Where a cell state "
        "exceeds 1 the slope is negative.",
        hides="Never exactly, but the error is c^2 - tanh(c)^2, which falls with the fourth power of c: "
        "cells below 0.1 pass a loose check. After training the largest was 20.7 in one run, and the "
        "gradients were wrong by factors of a thousand and more.",
        falling_loss="It falls from 2.71 to 0.04.",
    ),
    Mistake(
        name="gates-squashed-twice",
        title="The gates' slopes are taken of squashed values",
        puzzle="What a helper expects",
        cell=lstm, right=lstm_backward,
        change={HELPERS: OF_Z, DC: "dc = dc_next + dh * o * dtanh(c)"},
        fails=CELL, hidden_at=(),
        source="[002], if its helpers take pre-activations: dtanh(c) is right then, and the "
        "four gates are not",
        breaks="All four gates at every step: the helpers squash what is squashed already.",
        hides="Nothing hides it exactly. No single reading of the helpers makes the derivation right.",
        falling_loss="It falls to less than a fifth of its start; then it wanders, since the slopes are "
        "too large where gates are saturated.",
    ),
    Mistake(
        name="sigmoid-for-its-slope",
        title="The sigmoid stands for its derivative",
        puzzle="One argument left out",
        cell=lstm, right=lstm_backward,
        change={"dz_f = dc * c_prev * dsigmoid(f)": "dz_f = dc * c_prev * sigmoid(f)"},
        fails=CELL, hidden_at=(),
        source="CaptainE/RNN-LSTM-in-numpy#1 (2023) and #2: derivative=True is missing in one line",
        breaks="The forget gate at every step, and through it everything earlier: sigma(f) lies between "
        "0.5 and 0.73, f(1 - f) is at most 0.25.",
        hides="Nothing hides it exactly; where c_(t-1) is zero the forget gate has no gradient to be "
        "wrong.",
        falling_loss="It falls from 2.71 to 0.03, nearly as with the right gradient.",
    ),
    Mistake(
        name="bias-of-one-gate",
        title="Three gates get the bias gradient of f",
        puzzle="Copied and pasted",
        cell=lstm, right=lstm_backward,
        change={BIASES: "db += np.concatenate([d.sum(axis=0) for d in (dz_f, dz_f, dz_g, dz_f)])"},
        fails="b", hidden_at=(),
        source="hanbt/learn_dl#53 (2019); mended since, in #63",
        breaks="db alone, in the blocks of i and o. All deltas and all other tensors are right.",
        hides="Nothing but a check that leaves out the biases, or takes one norm over all parameters: 4H "
        "numbers among thousands.",
        falling_loss="It falls from 2.71 to 0.03, nearly as with the right gradient.",
    ),
    Mistake(
        name="gate-left-out",
        title="What goes back through f is left out",
        puzzle="Four roads to h",
        cell=lstm, right=lstm_backward,
        change={ROADS: "dh_prev = dz_i @ W_i + dz_g @ W_g + dz_o @ W_o"},
        fails=CELL, hidden_at=(),
        source="[002] names the sum over the four gates as one of its hard points; this drops a term "
        "of it",
        breaks="Everything before the last step, but by 3 to 6 % only in the parameters and xs.",
        hides="With one step only dL/dh0 is wrong. A tolerance of a few per cent lets it pass.",
        falling_loss="It falls from 2.71 to 0.02, as with the right gradient.",
    ),
    Mistake(
        name="two-windows",
        title="Nothing goes back from one window to the other",
        puzzle="No next step?",
        cell=lstm, right=lstm_backward,
        change={HAND_ON: "dh_next, dc_next = (dh_prev, dc_prev) if t % 3 else (0 * dh_prev, 0 * dc_prev)"},
        fails=CELL, hidden_at=("one step", "two steps", "three steps"),
        source="[002], which has nothing follow the last step of a window, though its state "
        "enters the next one",
        breaks="All steps before the last window. Within windows of three steps everything is right: this "
        "is truncation, exact for a loss with the state that enters each window frozen.",
        hides="Exactly right as long as the sequence fits into one window. It is a choice, and a mistake "
        "where it is called the gradient.",
        falling_loss="It falls from 2.71 to 0.02, as with the right gradient.",
    ),
    Mistake(
        name="three-at-once",
        title="Three mistakes: squashed twice, a sigmoid for its slope, no carries",
        puzzle="As found",
        cell=lstm, right=lstm_backward,
        change={HELPERS: OF_Z, HAND_ON: "",
                "dz_f = dc * c_prev * dsigmoid(f)": "dz_f = dc * c_prev * sigmoid(f)"},
        fails=CELL, hidden_at=(),
        source="CaptainE/RNN-LSTM-in-numpy#1 (2023), the same code as in a course of DTU; "
        "nicklashansen/rnn_lstm_from_scratch#1 (2019) found that it fails a gradient check",
        breaks="Everything, at every step. No single change repairs it: mend one and check again.",
        hides="Nothing. The stored output of the published notebook shows the loss falling to 0.70 and "
        "the end of the string predicted at the right place.",
        falling_loss="It falls further than with the right gradient: 0.018 against 0.024.",
    ),
    Mistake(
        name="tanh-carried",
        title="tanh(c) is carried, where c should be",
        puzzle="A name used twice",
        cell=lstm, right=lstm_network,
        change={"c = f * c + i * g": "c = np.tanh(f * c + i * g)", "tanh_c = np.tanh(c)": "tanh_c = c"},
        fails=CELL, hidden_at=("one step",),
        source="wiseodd/hipsternet: `c` is assigned the result of its own tanh, and goes on to the next "
        "step",
        breaks="The forward pass: squashed at every step, c is no longer an error carousel. The backward "
        "pass is that of a proper LSTM, so it belongs to another network, and is off by 7 to 23 %.",
        hides="Exactly right with one step. At this point the loss is off by half a per cent only.",
        falling_loss="It falls from 2.71 to 0.03, nearly as with the right network.",
    ),
    Mistake(
        name="mean-and-sum",
        title="The loss is a mean, the gradient a sum",
        puzzle="Divided once",
        cell=lstm, right=lstm_network,
        change={RETURN: RETURN.replace("return loss", "return loss / T")},
        fails=ALL, hidden_at=("one step",),
        source="[002]; hipsternet returns a mean and derives a sum as well",
        breaks="Every tensor by exactly T, here 6.",
        hides="Exactly right with one step. A check of the direction alone never sees it, and Adam "
        "divides it out.",
        falling_loss="It falls from 0.45 to 0.004, a sixth of the right one throughout.",
    ),
    Mistake(
        name="one-row-only",
        title="The targets are subtracted from one sequence",
        puzzle="Row number one",
        cell=lstm, right=lstm_network,
        change={"error[rows, ids[t]] -= 1": "error[1, ids[t]] -= 1"},
        fails=ALL, hidden_at=(),
        source="[002]: an index that fails for one sequence and is silent for several",
        breaks="Every tensor: the sequence of index 1 pays for all targets, the others have none.",
        hides="It cannot run with one sequence, where it would be found at once; with several it is "
        "silent.",
        falling_loss="It hardly falls, from 2.71 to 2.58, and then rises: here training does tell.",
    ),
    Mistake(
        name="bias-of-o-everywhere",
        title="Three gates are computed with the bias of o",
        puzzle="The other copy",
        cell=lstm, right=lstm_network,
        change={ACTIVATIONS: ACTIVATIONS.replace("b_i", "b_o").replace("b_f", "b_o")},
        fails="b", hidden_at=(),
        source="ddbourgin/numpy-ml#42 (2019), owned by its author the next day, with thanks",
        breaks="The forward pass. The backward pass gives b_i and b_f a gradient although nothing depends "
        "on them, and b_o only its share; everything else is right for this forward pass.",
        hides="Nothing but equal biases: then the loss does not show it, but the check does.",
        falling_loss="It falls from 2.71 to 0.02, as with the right network.",
    ),
    Mistake(
        name="reset-missing",
        title="r is missing on the road back through n",
        puzzle="A gate that works one way",
        cell=gru, right=gru_backward,
        change={"dh_next = da @ p.W_h + z * dh": "dh_next = dz @ p.W_h + z * dh"},
        fails=GRU, hidden_at=(),
        source="written for this course: W_h^n h_(t-1) stands behind the reset gate, so r comes back with "
        "it",
        breaks="Everything before the last step, by 6 to 14 % in the parameters.",
        hides="With one step only dL/dh0 is wrong; where the reset gate is open, r near 1, it fades.",
        falling_loss="It falls from 2.71 to 0.01, as with the right gradient.",
    ),
    Mistake(
        name="leak-dropped",
        title="The direct road z * dh is dropped",
        puzzle="The short way home",
        cell=gru, right=gru_backward,
        change={"dh_next = da @ p.W_h + z * dh": "dh_next = da @ p.W_h"},
        fails=GRU, hidden_at=(),
        source="written for this course: the one term that lets a GRU remember",
        breaks="Everything before the last step, by 22 to 59 % in the parameters.",
        hides="With one step only dL/dh0 is wrong; where z is near 0 it fades.",
        falling_loss="It falls further than with the right gradient: 0.009 against 0.011.",
    ),
    Mistake(
        name="other-z",
        title="The update gate's gradient has the wrong sign",
        puzzle="Two papers",
        cell=gru, right=gru_backward,
        change={"dz_z = dh * (h_prev - n) * z * (1 - z)": "dz_z = dh * (n - h_prev) * z * (1 - z)"},
        fails=GRU, hidden_at=(),
        source="the two conventions of z: Cho et al. (2014) keep z of the old state, Chung et al. (2014) "
        "1 - z",
        breaks="Gate z at every step, and through it everything earlier: its derivative is copied from "
        "the paper in which z means 1 - z.",
        hides="Nothing hides it exactly; where n and h_(t-1) are close it fades.",
        falling_loss="It falls from 2.71 to 1.7 only: the update gate learns the opposite of what it "
        "should.",
    ),
)
