"""Mistakes in the vanilla network. Errors are those at `point` with seed 0, losses those of `train`."""

from ...cells import rnn
from .diffs import Mistake
from .passes import Layer, frozen_loss, loss_by_loss, network, rnn_backward

CELL, ALL = "W_x W_h b xs h0", "W_x W_h b W_y b_y xs h0"
RETURN = 'return loss, {"p": cell, "q": out, "xs": dxs, "h0": dh_next}'

MISTAKES = (
    Mistake(
        name="missing-transpose",
        title="W_h instead of its transpose in the carry",
        puzzle="A check that fails",
        cell=rnn, right=rnn_backward,
        change={"dh_next = dz @ p.W_h": "dh_next = dz @ p.W_h.T"},
        fails=CELL, hidden_at=("one unit", "symmetric W_h"),
        source="[001], a question whose author found the line in the end",
        breaks="Everything before the last step: the deltas are right at step T and wrong from T-1 back, "
        "every parameter of the cell by about a half. The read-out is right.",
        hides="W_h is square, so no shape complains. Exactly right with one unit or a symmetric W_h "
        "([000] prints one); with one step only dL/dh0 is wrong.",
        falling_loss="It falls from 2.69 to about 0.01, and every letter is learnt. The right gradient "
        "comes to 0.006; without it beside the other, who would ask?",
    ),
    Mistake(
        name="no-slope",
        title="The slope of the tanh is missing",
        puzzle="A delta too large",
        cell=rnn, right=rnn_backward,
        change={"dz = (1 - hs[t] ** 2) * dh": "dz = dh"},
        fails=CELL, hidden_at=(),
        source="[000], read literally: one letter for dL/dh and for dL/dz",
        breaks="Every delta at every step, the last one included; the parameters of the cell by 70 to 105 "
        "%.",
        hides="Nothing hides it exactly; it fades where all states are near zero, since the missing "
        "factor is 1 - h^2.",
        falling_loss="It falls to about half of its start, and then jumps about: even a saturated "
        "unit is moved at full strength.",
    ),
    Mistake(
        name="nothing-carried",
        title="What step t+1 sends back is not added",
        puzzle="Each step for itself",
        cell=rnn, right=rnn_backward,
        change={"dh = dhs[t] + dh_next": "dh = dhs[t]"},
        fails=CELL, hidden_at=("one step",),
        source="qixianbiao/RNN#2 (2018)",
        breaks="Everything before the last step. It is the gradient of a window of one step: no "
        "backpropagation through time.",
        hides="Exactly right with one step, which is where step-by-step tests of a course look.",
        falling_loss="It falls from 2.69 to 0.01, as with the right gradient (0.006): 36 letters can be "
        "learnt without any gradient through time.",
    ),
    Mistake(
        name="squashed-twice",
        title="The slope is taken of tanh(h), not of h",
        puzzle="One tanh too many",
        cell=rnn, right=rnn_backward,
        change={"dz = (1 - hs[t] ** 2) * dh": "dz = (1 - np.tanh(hs[t]) ** 2) * dh"},
        fails=CELL, hidden_at=(),
        source="CaptainE/RNN-LSTM-in-numpy, vanilla network (a course of DTU had the same, and has mended "
        "it); [000] writes the same",
        breaks="Every delta at every step: h is squashed once more, so the slope is too large, and never "
        "below 0.41 however saturated the unit.",
        hides="Never exactly, but the error of the slope is of order h^4: in one measurement weights ten "
        "times smaller left an error of 3e-6, which passes a loose test.",
        falling_loss="It falls to less than a fifth of its start; then it wanders, because saturated "
        "units get too large a part.",
    ),
    Mistake(
        name="wrapped-index",
        title="At the first step, index -1 wraps round",
        puzzle="A neighbour that is far away",
        cell=rnn, right=rnn_backward,
        change={"h_prev = hs[t - 1] if t > 0 else h0": "h_prev = hs[t - 1]"},
        fails="W_h", hidden_at=(),
        source="[001], whose comment says that the if could be left out",
        breaks="dW_h alone, by a third: at the first step Python's index -1 is the last state.",
        hides="Nothing hides it exactly. It fades with long sequences, where the first step is one term "
        "of many (70 % at T=2, 24 % at T=30 in one measurement), and where delta_1 has vanished.",
        falling_loss="It falls by more than half, less smoothly than with the right gradient.",
    ),
    Mistake(
        name="forgotten-h0",
        title="Zeros stand for h0 in the sum",
        puzzle="Where it all began",
        cell=rnn, right=rnn_backward,
        change={"h_prev = hs[t - 1] if t > 0 else h0": "h_prev = hs[t - 1] if t > 0 else np.zeros_like(h0)"},
        fails="W_h", hidden_at=("a zero initial state",),
        source="[001]; [004] has it in its look-back",
        breaks="dW_h alone, by a third: the term of the first step is left out.",
        hides="Exactly right as long as every sequence begins at h0 = 0; it begins to matter on the day "
        "the state is carried from window to window.",
        falling_loss="It falls from 2.69 to 0.01, as with the right gradient.",
    ),
    Mistake(
        name="batch-for-time",
        title="Time and batch are exchanged",
        puzzle="Two axes of one length",
        cell=rnn, right=rnn_backward,
        change={"dW_x += dz.T @ xs[t]": "dW_x += dz.T @ xs[:, t]"},
        fails="W_x", hidden_at=(), at="as many sequences as steps",
        source="[003]: its example has T = B = 3, where such an exchange runs without an "
        "error",
        breaks="dW_x alone, by more than all of it: step t of all sequences is paired with all steps of "
        "sequence t.",
        hides="Silent only where there are as many sequences as steps. Let T and B differ and it stops "
        "with an error.",
        falling_loss="It falls from 2.69 to 0.01, as with the right gradient: the rest of the network "
        "makes up for it.",
    ),
    Mistake(
        name="clipped-carry",
        title="The gradient is clipped on its way",
        puzzle="A safety measure",
        cell=rnn, right=rnn_backward,
        change={"dh = dhs[t] + dh_next": "dh = dhs[t] + np.clip(dh_next, -1, 1)"},
        fails=CELL, hidden_at=("one step", "small gradients"),
        source="done on purpose by Graves (2013, arXiv 1308.0850), who cuts the derivatives inside the "
        "LSTM; a mistake where the result is taken for the gradient",
        breaks="Every step before one where an entry beyond 1 comes back. What is returned is no longer "
        "the derivative of anything. Clip the finished gradient instead.",
        hides="Exactly right as long as nothing exceeds the limit, so a test at small weights says "
        "nothing.",
        falling_loss="It falls just as with the right gradient, from 2.69 to 0.006, although the limit is "
        "reached on the way.",
    ),
    Mistake(
        name="written-into-dhs",
        title="The pass writes into the caller's dhs",
        puzzle="Right the first time",
        cell=rnn, right=rnn_backward,
        change={"dh = dhs[t] + dh_next": "dh = dhs[t]\ndh += dh_next"},
        fails=CELL, hidden_at=("one step", "the first call"),
        source="code in a question at Burton2000/CS231n-2017#7 (2018), never resolved there: its step "
        "passed the check and the whole did not; [004] changes its stored prediction in the same way",
        breaks="Nothing in the first call. dhs[t] is a view, so += changes the caller's array: the second "
        "call adds the carry to what has it already, and a check that takes its loss from dhs afterwards "
        "compares with another loss.",
        hides="Right in the first call, to the last bit. Call twice, or compare dhs before and after.",
        falling_loss="The same as with the right gradient to the last digit, since every update has a "
        "fresh dhs.",
    ),
    Mistake(
        name="never-cleared",
        title="Gradients pile up from call to call",
        puzzle="An object with a memory",
        cell=rnn, right=Layer,
        change={"self.dW_x.clear()": "", "self.dW_h.clear()": "", "self.db.clear()": ""},
        fails="W_x W_h b", hidden_at=("the first call",),
        source="[003], whose stacks are never emptied; [004] never resets its "
        "sums",
        breaks="From the second call on, each parameter's gradient is the sum of all calls so far (twice "
        "the right one if both calls are alike). What goes back to xs and h0 is right.",
        hides="Right in the first call; one comparison with a framework, as in [003], is one call.",
        falling_loss="It falls from 2.69 to 0.2, where the right gradient comes to 0.006: the sum of all "
        "gradients so far acts like momentum that is never braked.",
    ),
    Mistake(
        name="assigned-not-added",
        title="dW_y is assigned, not added up",
        puzzle="The sum over time",
        cell=rnn, right=network,
        change={"dW_y = dW_y + error.T @ h": "dW_y = error.T @ h"},
        fails="W_y", hidden_at=("one step",),
        source="slds-lmu/lecture_i2dl#10 (2021), a lecturer's own list of what to mend",
        breaks="dW_y alone, by 88 %: only the term of the first step is left, because the loop runs "
        "backwards.",
        hides="Exactly right with one step.",
        falling_loss="It falls from 2.69 to 0.7 and goes on falling, only slowly: the cell and b_y learn, "
        "W_y hardly.",
    ),
    Mistake(
        name="log-of-a-sum",
        title="The logarithm of the batch's summed probability",
        puzzle="A loss below zero",
        cell=rnn, right=network,
        change={"loss = loss - (y * log_prob).sum()": "loss = loss - np.log((y * np.exp(log_prob)).sum())"},
        fails=ALL, hidden_at=("one sequence and one-hot labels",),
        source="[001]: each step's loss is the log of a sum over the batch",
        breaks="The loss, not the gradient: the gradient is right for the loss that was meant, and ten "
        "times too large and more for the one that is returned. So every tensor fails.",
        hides="Exactly right with one sequence and hard labels: the sum has one term. (The author saw the "
        "read-out pass, so that check must have had one sequence, or another loss.)",
        falling_loss="It starts at 0.15 and falls to -0.30, which no cross-entropy can. The network "
        "learns all the same.",
    ),
    Mistake(
        name="bits-and-nats",
        title="The loss in bits, the gradient in nats",
        puzzle="A matter of units",
        cell=rnn, right=network,
        change={RETURN: RETURN.replace("return loss", "return loss / np.log(2)")},
        fails=ALL, hidden_at=(),
        source="[004], which besides divides the loss by the number of steps and of classes",
        breaks="Every tensor by one and the same factor, ln 2 = 0.693. One factor everywhere means two "
        "definitions of the loss, not a wrong recursion.",
        hides="A check of the direction alone (a cosine, an angle) never sees it, and Adam divides it "
        "out.",
        falling_loss="It falls from 3.88 to 0.01, the right one times 1.44. A blind guess costs log2(15) "
        "= 3.9 bits, and ln(15) = 2.7 nats.",
    ),
    Mistake(
        name="label-by-argmax",
        title="The most probable class stands for the label",
        puzzle="Round numbers",
        cell=rnn, right=network,
        change={"error = np.exp(log_prob) - y":
                "error = np.exp(log_prob) - losses.one_hot(y.argmax(axis=-1), y.shape[-1])"},
        fails=ALL, hidden_at=("one-hot labels",),
        source="[001], which looks up the largest entry of each label row and subtracts 1 there",
        breaks="Every tensor by 20 to 95 %, at every step, as soon as labels are probabilities. A row of "
        "zeros, as padding has it, counts as class 0.",
        hides="Exactly right with one-hot labels.",
        falling_loss="The same as with the right gradient to the last digit here, because these labels "
        "are one-hot.",
    ),
    Mistake(
        name="label-hits-every-sequence",
        title="Each label is subtracted from every sequence",
        puzzle="One for all",
        cell=rnn, right=network,
        change={"error = np.exp(log_prob) - y": "error = np.exp(log_prob)\nerror[:, y.argmax(axis=-1)] -= 1"},
        fails=ALL, hidden_at=("one sequence",), at="one-hot labels",
        source="[001]; the one-hot row of [002] gives the same numbers",
        breaks="Every tensor: the index takes the columns of all labels out of all rows, so the errors of "
        "a step no longer add up to zero.",
        hides="Exactly right with one sequence, for which it was written.",
        falling_loss="It hardly falls, from 2.69 to 2.58, and then rises above its start: here training "
        "does tell.",
    ),
    Mistake(
        name="output-of-the-state-before",
        title="The output reads the state before",
        puzzle="One step late",
        cell=rnn, right=network,
        change={"log_prob = losses.log_softmax(h @ q.W_y.T + q.b_y)":
                "log_prob = losses.log_softmax(h_prev @ q.W_y.T + q.b_y)"},
        fails="W_x W_h b W_y xs h0", hidden_at=(),
        source="[000], in a formula of the text; its code is right",
        breaks="Forward and backward speak of two networks: all but b_y is wrong. At this point the loss "
        "is off by 1 % only.",
        hides="Nothing, but that a loss off by 1 % looks like a loss.",
        falling_loss="It falls from 2.72 to 2.66 and then rises far above its start: here training does "
        "tell.",
    ),
    Mistake(
        name="no-state-before-its-own-step",
        title="A loss's own step lacks its previous state",
        puzzle="The nearest term",
        cell=rnn, right=loss_by_loss,
        change={"dW_h = dW_h + dz.T @ hs[t]": "dW_h = dW_h + dz.T @ (hs[t] if t < s else 0 * hs[t])"},
        fails="W_h", hidden_at=("one step and a zero initial state",),
        source="[004]: the previous state is set to zeros inside the loop",
        breaks="dW_h alone, by 67 %: of every loss the term of its own step is missing.",
        hides="Exactly right with one step from h0 = 0. W_x is right, and so are all the deltas.",
        falling_loss="It falls from 2.69 to 0.02.",
    ),
    Mistake(
        name="input-of-the-loss",
        title="The look-back reads the input of the loss's step",
        puzzle="Two indices",
        cell=rnn, right=loss_by_loss,
        change={"dW_x = dW_x + dz.T @ xs[t]": "dW_x = dW_x + dz.T @ xs[s]"},
        fails="W_x", hidden_at=("one step", "the same input at every step"),
        source="[004], whose look-back reads the input of the step that it began with",
        breaks="dW_x alone, by 38 %: delta_t is paired with the input of the step whose loss it came "
        "from.",
        hides="Exactly right with one step, or if all inputs are the same. As published it looked back no "
        "step at all for k = 1, and so was right there too.",
        falling_loss="It falls from 2.69 to 0.006, as with the right gradient.",
    ),
    Mistake(
        name="frozen-previous-state",
        title="The look-back keeps one previous state",
        puzzle="A name that stands still",
        cell=rnn, right=loss_by_loss,
        change={"dW_h = dW_h + dz.T @ hs[t]": "dW_h = dW_h + dz.T @ (hs[s] if t > 0 else hs[0])"},
        fails="W_h", hidden_at=("one step", "two steps"),
        source="[004], whose look-back never moves its previous state",
        breaks="dW_h alone, by 32 %: a look-back keeps the previous state of its first step, the loss's own, "
        "for all the others. Only step 1 takes h0, rightly.",
        hides="Exactly right with one step or two.",
        falling_loss="It falls by far more than half, less smoothly than with the right gradient.",
    ),
    Mistake(
        name="window-one-short",
        title="The window is one step shorter than it says",
        puzzle="Counting fence posts",
        cell=rnn, right=loss_by_loss, options={"k": 2}, loss=frozen_loss,
        change={"dh, first = error @ q.W_y, 0 if k is None else max(0, s - k)":
                "dh, first = error @ q.W_y, 0 if k is None else max(0, s - k + 1)"},
        fails=CELL, hidden_at=("one step", "two steps"),
        source="[004]: the text promises k earlier steps, the range visits k - 1",
        breaks="All but the read-out, by 9 to 41 %, held against the loss with the state that enters each "
        "window frozen. It is the exact gradient of another window, so only a definition makes it wrong.",
        hides="Exactly right for T <= k. A check against the full gradient rejects right and wrong alike.",
        falling_loss="It falls from 2.69 to 0.02; that of the longer window comes to 0.006.",
    ),
)
