"""The questions of notebook 2."""

from .questions import Choice

QUESTIONS = [
    Choice(
        "Add 1000 to all three logits of a step. What happens to its probabilities?",
        ["on paper and in the computer: nothing", "on paper nothing, in the computer they are lost",
         "the largest grows, the others shrink"],
        answer="on paper nothing, in the computer they are lost",
        because="every numerator and the denominator gain the same factor, e to the 1000. It cancels on "
        "paper, but no float can hold it.",
        instead={"on paper and in the computer: nothing": "on paper that is right, but e to the 1000 must "
                 "first be computed.",
                 "the largest grows, the others shrink": "that is what multiplying the logits does."},
        telltales=["overflow", "shift invarian"]),
    Choice(
        "A network knows nothing yet: all 80 logits are 0. What is the loss of a step, whatever the label?",
        ["0", "1/80", "ln 80", "80"],
        answer="ln 80",
        because="every class has probability 1/80, and the loss is minus its logarithm: {loss:.3f}.",
        instead={"0": "that would be so if the right class had probability 1.",
                 "1/80": "that is the probability of each class; the loss is minus its logarithm.",
                 "80": "that is one over the probability; a logarithm is missing."},
        facts={"loss": 4.382}),
    Choice(
        "The label is soft: (0.3, 0.5, 0.2). Move the logits until L is as small as it can be. "
        "How large is it then?",
        ["0: the prediction is perfect", "about 0.69, which is ln 2", "about 1.03"],
        answer="about 1.03",
        because="at p = y every arrow is zero, and L is the sum of -y log y, the entropy of the label: "
        "{entropy:.4f}. No prediction can do better.",
        instead={"0: the prediction is perfect": "a prediction p = y is perfect, but log p is not 0 there.",
                 "about 0.69, which is ln 2": "that is what two equal classes would cost."},
        facts={"entropy": 1.0297}),
]
