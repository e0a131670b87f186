"""The questions of notebook 5."""

from .questions import Choice, Number

QUESTIONS = [
    Choice(
        "Which matrix of the question breaks the rule?",
        ["W1", "W2", "W3"],
        answer="W2",
        because="h_prev.T @ dtanh belongs to h_prev @ W2, and dtanh @ W2 belongs to h_prev @ W2.T. "
        "These are two forward passes, so one line is wrong, whichever the pass is.",
        instead={"W1": "xt.T @ dtanh and dtanh @ W1.T stand in one row: both belong to xt @ W1.",
                 "W3": "e.T @ h and e @ W3 stand in one row: both belong to h @ W3.T."},
        telltales=["W2 is", "lines of W2", "two forward passes"]),
    Choice(
        "W1, W2 and bh fail; W3 and bo pass. Which of the two lines is wrong?",
        ["the one in the middle column", "the one in the last column",
         "nobody can tell without the forward pass"],
        answer="the one in the last column",
        because="a wrong gradient of one matrix spoils this one alone. But W1 and bh are sums of dtanh, so "
        "dtanh is wrong, and of the two lines only the second gets into it.",
        instead={"the one in the middle column": "then W1 and bh would pass.",
                 "nobody can tell without the forward pass": "the list of what fails tells."},
        telltales=["dtanh @ W2.T", "W_h.T", "transpose belongs"]),
    Number(
        "W3 and bo passed. If the check used the loss that is shown, how many sequences did it have?",
        answer=1, tolerance=0,
        because="with two or more, all five parameters fail: the loss it returns is not the one derived.",
        telltales=["one sequence", "batch of one", "B = 1", "fails[1] =="]),
]
