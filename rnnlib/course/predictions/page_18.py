"""The questions of notebook 18, forward in time."""

from .questions import Choice, Number

QUESTIONS = [
    Choice(
        "The complex step of notebook 4 adds 1e-30 times i to a weight, then runs forward. Which mode is it?",
        ["forward mode", "reverse mode", "neither: it is a difference"],
        answer="forward mode",
        because="the imaginary part travels with the state, step by step: it is 1e-30 times one column of "
        "M_t. For all P columns it takes P runs.",
        instead={
            "reverse mode": "then it would run from the loss to the weights, and give all weights at once.",
            "neither: it is a difference": "nothing is subtracted, which is why no digits are lost."}),
    Number(
        "A network has 64 units, and gets twice as many. Forward mode: times how many multiplications?",
        answer=16, tolerance=1,
        because="W M costs H·H·H² of them in each step. (Reverse mode: times 4.)"),
    Choice(
        "W is diagonal: unit i hears only itself, h_t = tanh(w ⊙ h_(t-1) + u_t). How many numbers of dh_t/dw "
        "must be carried, when w has H entries?",
        ["H", "H²", "H³"],
        answer="H",
        because="w_i reaches no other unit than i, at any time, so M_t is diagonal as well.",
        instead={"H²": "that is all of M_t; but most of its entries are zero for ever.",
                 "H³": "that is M_t for a full W, which has H² entries."}),
    Number(
        "T = 100. Every k-th state is kept, and one stretch of k steps. How many states and steps is that "
        "together, at the best k?",
        answer=20, tolerance=1,
        because="100/k + k is least at k = 10: ten states and ten steps. All of it would be 101."),
    Number(
        "Ten slots, T = 1,000. How many times, at most, is a step advanced over?",
        answer=4, tolerance=0.1,
        because="with r = 3 ten slots reach 286 steps, with r = 4 they reach 1,001."),
    Choice(
        "Draws are right on average. With 16 units, how large is the error of one, beside the gradient?",
        ["a tenth of it", "about as large", "several times as large"],
        answer="several times as large",
        because="one pair of vectors stands for a matrix of 16 rows. Its cross terms cancel on average, "
        "and are there in each draw. Measured here: {noise:.1f} times.",
        instead={"a tenth of it": "that is after thousands of draws.",
                 "about as large": "that is what a mean of some ninety draws has."},
        facts={"noise": 9.5}),
]
