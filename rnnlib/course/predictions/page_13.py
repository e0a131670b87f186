"""The questions of notebook 13."""

from math import log

from .questions import Choice, Number

QUESTIONS = [
    Choice(
        "Look at the curves. Which program uses the right gradient?",
        ["A", "B", "C", "D", "E"],
        answer="C",
        because="it alone passes the gradient check. Nothing in the curves could have told you.",
        instead={
            "A": "its curve lies on that of the right one, and its gradient is wrong all the same.",
            "B": "only its tanh is mended; the five mistakes that are left make it fall fast.",
            "D": "the fastest is the page as published: only one of its three matrices has any effect.",
            "E": "its gradients pile up, and every second one is of yesterday's states."}),
    Choice(
        "The six are mended one after the other. After which repair is dW_h right for the first time?",
        ["1, tanh", "3, forward", "4, reset", "6, look-back"],
        answer="6, look-back",
        because="its three lines are wrong from the beginning, and until stage 5 the bad start "
        "hides them: the true dW_h is then too small to see.",
        instead={
            "1, tanh": "the states now depend on W_h, but what is sent back to it is still wrong.",
            "3, forward": "the states are those of these weights, but the gradient sums up all before.",
            "4, reset": "this looks nearly finished: dW_h is 0, and the true one is nearly 0. The check does "
            "not call that right: it says unseen."}),
    Number(
        "How low can the loss get, in nats per word, for a model that remembers everything?",
        answer=log(3) / 5, tolerance=0.004,
        because="of the five words only the first is chance, one of three: ln 3 nats for a sentence, and a "
        "fifth of that for a word."),
    Number(
        "At step t = 3 the loop of the page, in our words, is range(3, max(-1, 3 - k), -1). How many steps "
        "does it visit for k = 2, the own one included?",
        answer=2, tolerance=0.1,
        because="it visits 3 and 2. The text promises two earlier steps; the code counts the own one "
        "among the k."),
    Number(
        "'i like to': the loss of the step that reads 'to' should teach the vector of 'i'. How many steps K "
        "must its window have, at least?",
        answer=3, tolerance=0.1,
        because="it reads 'to', 'like' and 'i': the own step counts."),
]
