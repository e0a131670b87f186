"""The questions of notebook 12."""

from .questions import Choice, Number

QUESTIONS = [
    Number(
        "A text has 20 different symbols. Near which loss, in nats, must an untrained net start?",
        answer=2.9957, tolerance=0.02,
        because="every symbol has a probability near 1/20, and −ln(1/20) = ln 20."),
    Choice(
        "Adam gets 25 g in place of g. How much longer is its first step?",
        ["25 times", "5 times", "not at all"],
        answer="not at all",
        because="numerator and denominator both grow 25 times.",
        instead={
            "25 times": "so it would be for plain gradient descent.",
            "5 times": "the root is taken of g², which grows 625 times."}),
    Choice(
        "After 600 updates the mean of a pass has just fallen below 0.1233. What does the smoothed loss say?",
        ["about 0.12", "about 0.5", "above 2"],
        answer="above 2",
        because="0.999^600 = 55 % of it is still the start, ln V.",
        instead={
            "about 0.12": "so it will say, but thousands of updates later.",
            "about 0.5": "that would be a mean over some 150 updates, not 1,000."}),
    Number(
        "With which probability are 10 characters in a row right, at 0.1233 nats each?",
        answer=0.2914, tolerance=0.02,
        because="probabilities multiply, so losses add: e^(-1.233). For 100 in a row it is 4e-6."),
    Choice(
        "From the state after reading, nearly all characters are right. And from the zero state?",
        ["nearly all", "about half", "fewer than three in ten"],
        answer="fewer than three in ten",
        because="a single character does not say where in the text it stands: that is what the state knew.",
        instead={
            "nearly all": "the weights know the text, but not where in it to begin.",
            "about half": "a few guesses are right by the character alone, but after the first slip the net "
                "writes another text."}),
]
