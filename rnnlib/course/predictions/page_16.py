"""The questions of notebook 16."""

from .questions import Choice

QUESTIONS = [
    Choice(
        "Which of these complains about the careless network?",
        ["the shapes", "the gradient check of notebook 4", "both", "neither"],
        answer="neither",
        because="all blocks have one shape, and the gradient is the right gradient of a wrong network. Only "
        "known outputs tell.",
        instead={
            "the shapes": "every gate's block is H rows of the same length.",
            "the gradient check of notebook 4": "it holds the backward pass against the forward pass, and "
            "both use the same wrong order.",
            "both": "blocks of one shape fit anywhere, and both passes use the same wrong order."}),
    Choice(
        "After hs.backward(dh), what is hs.grad, for every step t?",
        ["the total dL/dh_t", "dh_t, the own part of step t alone", "zero: hs is no parameter"],
        answer="dh_t, the own part of step t alone",
        because="the array hs is put together after the last step. The recurrence runs from state to state "
        "inside the layer, and not through this array, so nothing that later steps send back passes it.",
        instead={
            "the total dL/dh_t": "for that, the next step would have to read the state from this array.",
            "zero: hs is no parameter": "retain_grad keeps the gradient of anything that is on the way."}),
    Choice(
        "b_ih begins at 0.9 and b_hh at -0.4. What is their difference after 80 updates by gradient descent?",
        ["1.3, as it was", "0: they meet", "nobody can tell"],
        answer="1.3, as it was",
        because="both get the same gradient, so every update moves both by the same amount.",
        instead={
            "0: they meet": "nothing pulls them together: the loss sees their sum alone.",
            "nobody can tell": "the path of the sum needs a computation; the difference does not."}),
]
