"""The questions of notebook 17."""

from .questions import Choice, Number

QUESTIONS = [
    Number(
        "Sequence C has 2 steps in an array of 6 rows, and every row has the same loss. How many of these "
        "losses does its step 2 receive, each with full weight?",
        answer=5, tolerance=0.1,
        because="the rows 3 to 6 hold copies of h_2, and a loss of a copy is a loss of h_2. With its own "
        "that makes 5."),
    Choice(
        "The padding is at the end, the losses are masked, the recursion is not: it runs on through the "
        "padding. One direction. Which gradients of the weights are wrong?",
        ["all of them", "that of W_h alone", "none"],
        answer="none",
        because="the padding lies in the future of every step that has a loss. What happens there reaches no "
        "loss, so nothing comes back from it: {apart:.0e} apart.",
        instead={
            "all of them": "the padded steps do run, but each delta there is 0.",
            "that of W_h alone": "a sum of delta_t h_(t-1) over all rows; in the padding delta_t is 0."},
        facts={"apart": 1e-16}),
    Number(
        "A batch of one sequence has 10 losses, another has 100. Each is averaged by itself, then the two "
        "gradients are averaged. By which factor does a step of the short one weigh more?",
        answer=10, tolerance=0.01,
        because="its weight is 1/2 of 1/10, that of the others 1/2 of 1/100. In one mean each would weigh "
        "1/110."),
    Choice(
        "A layer of two directions has read 6 steps, none of them padding. Of output[-1], how many inputs "
        "has the half of the reverse direction read?",
        ["all 6", "one", "none"],
        answer="one",
        because="it begins at the last step. Having read all 6, it stands at step 1: its last state is in "
        "output[0].",
        instead={
            "all 6": "that is so of the other half; row t holds what both directions know at step t.",
            "none": "row 6 is its state after it has read x_6."}),
    Choice(
        "Two layers in two directions, padding at the end, no mask. The outputs are compared at true steps "
        "alone. Which halves of the second layer's output does the padding change?",
        ["neither", "the reverse half", "both halves"],
        answer="both halves",
        because="the reverse direction of layer 1 begins in the padding, and the forward direction of layer "
        "2 reads it.",
        instead={
            "neither": "the reverse direction begins at the last row, in the padding.",
            "the reverse half": "so it is with one layer; what does the forward half of layer 2 read?"}),
    Choice(
        "A unit of layer 1 is dropped between the layers, at all steps. Which gradient do its weights get?",
        ["none: the unit is gone", "some: it still speaks to its own layer", "the same as without dropout"],
        answer="some: it still speaks to its own layer",
        because="only the way up is cut. Through W_h the unit moves the other units of its layer, and those "
        "go up.",
        instead={
            "none: the unit is gone": "that holds for what layer 2 makes of it, a column of its W_x, which "
            "is exactly 0.",
            "the same as without dropout": "the way up was one of its two ways to the loss."}),
]
