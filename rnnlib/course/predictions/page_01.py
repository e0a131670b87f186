"""The questions of notebook 1."""

from .questions import Choice

QUESTIONS = [
    Choice(
        "The nudge moves unit 2 of h_1 more than unit 1. Which unit of h_2 does it move more?",
        ["unit 1", "unit 2, as in h_1", "neither, since x_2 has not changed"],
        answer="unit 1",
        because="in W_h the large numbers, 0.96, stand off the diagonal: each unit listens mainly to the "
        "other one. What moved unit 2 arrives in unit 1: it moves by {first:+.2f}, unit 2 by {second:+.2f}.",
        instead={"unit 2, as in h_1": "that would be so if each unit listened mainly to itself.",
                 "neither, since x_2 has not changed": "h_2 also hears h_1, which has moved."},
        facts={"first": -0.55, "second": -0.03}),
    Choice(
        "What shape has hs for T = 3, B = 5, D = 4 and H = 2?",
        ["(3, 5, 4)", "(3, 5, 2)", "(4, 5, 2)", "(5, 4, 2)"],
        answer="(4, 5, 2)",
        because="h_0 is a row, too, so there are T + 1 rows; each holds B states of H numbers.",
        instead={"(3, 5, 4)": "that is the shape of the inputs.",
                 "(3, 5, 2)": "that would leave out h_0.",
                 "(5, 4, 2)": "time is the first axis, not the batch."}),
]
