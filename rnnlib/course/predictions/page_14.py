"""The questions of notebook 14."""

from .questions import Choice, Number

QUESTIONS = [
    Number(
        "Always answer 1. What is the mean squared error?",
        answer=1 / 6, tolerance=0.003,
        because="the variances of two independent values add up: 1/12 + 1/12 = 1/6."),
    Number(
        "The line of the first figure, between the two marks: what is its mean squared error there?",
        answer=1 / 12, tolerance=0.003,
        because="one number is known; the other has the variance 1/12."),
    Choice(
        "Copying with T = 500: a net ends at 0.04 nats per step. What has it learned?",
        ["most of the ten symbols", "about half of them", "not one symbol"],
        answer="not one symbol",
        because="10 ln 8 / 520 = 0.04: that is who knows the time alone.",
        instead={
            "most of the ten symbols": "0.04 is small because 510 of 520 steps are sure, and cost nothing.",
            "about half of them": "five guesses among eight, spread over 520 steps, would cost 0.02."}),
    Choice(
        "The first mark moves from step 25 back to step 1. What happens to the LSTM's last answer?",
        ["it moves towards 1: more is forgotten", "next to nothing", "it loses the first number"],
        answer="next to nothing",
        because="its error is below 0.01 over all places of the marks: it holds what it has read.",
        instead={
            "it moves towards 1: more is forgotten": "so would a state that fades; then the error over all "
            "places would not be below 0.01.",
            "it loses the first number": "that would cost 1/12 on average over all such sequences."}),
    Choice(
        "With K = 1, what can the LSTM learn?",
        ["nothing: 1/6", "the second number, now and then: between 1/12 and 1/6", "the sum: near 0"],
        answer="the sum: near 0",
        because="some sequences have a mark at the last step, and the weights are the same at all steps.",
        instead={
            "nothing: 1/6": "that holds if no mark ever lay in the window. In one of 25 sequences one does.",
            "the second number, now and then: between 1/12 and 1/6": "weights do not know at which step they "
            "are used: what they learn at step 50 they do at every step."}),
    Number(
        "P = 10: how long must the window be, at least, so that the mark's column gets any gradient?",
        answer=11, tolerance=0.1,
        because="the nearest mark is 11 steps back, the loss's own step counted."),
    Choice(
        "K = 20 reaches every second mark and no first mark. What does the LSTM learn?",
        ["nothing: 1/6", "the second number: 1/12", "the sum: near 0"],
        answer="the sum: near 0",
        because="a cell that adds what is marked does not know which mark it is.",
        instead={
            "nothing: 1/6": "every sequence has a mark in the window, and the net can learn from it.",
            "the second number: 1/12": "it learns to add a marked number, and meets two of them."}),
]
