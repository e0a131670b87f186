"""The questions of notebook 19, linear recurrences."""

from .questions import Choice, Number

QUESTIONS = [
    Choice(
        "|λ| = 0.9. The angle of λ is turned from 0° to 90°. What happens to the size of a gradient on its "
        "way?",
        ["it shrinks sooner", "nothing", "it no longer shrinks: a rotation loses nothing"],
        answer="nothing",
        because="every step multiplies its size by |λ|, whatever the angle. The angle says at which rhythm "
        "the unit swings, the size how long.",
        instead={
            "it shrinks sooner": "the real part does pass through 0 sooner; what it loses is in the "
            "imaginary part, and comes back.",
            "it no longer shrinks: a rotation loses nothing": "a rotation has |λ| = 1; this one also "
            "shrinks, by 0.9 a step."}),
    Number(
        "How many rounds does a scan over T = 1,024 steps take?",
        answer=19, tolerance=1,
        because="ten rounds halve 1,024 down to 1, and nine fill in what lies between: 2 log2(T) - 1. "
        "The loop takes 1,023."),
    Choice(
        "λ is drawn evenly from the whole disk |λ| < 1. How large is |λ^k|² on average, at lag k = 99?",
        ["about 10^-30", "1/100", "1/2"],
        answer="1/100",
        because="|λ|² is even on (0, 1), and the mean of its k-th power is 1/(k + 1). "
        "The few units near the circle carry it.",
        instead={
            "about 10^-30": "that is (1/2)^99, the mean of |λ|² raised to the power. But the mean of the "
            "powers is not the power of the mean.",
            "1/2": "that is the mean of |λ|² itself, at lag 1."}),
    Choice(
        "300 updates on the copy task. Which net is then below a tenth of the baseline, on new sequences?",
        ["only the LSTM", "only the linear recurrence", "both", "neither"],
        answer="only the linear recurrence",
        because="to copy is to delay, and a delay is linear. The LSTM knows when to write, and not yet what.",
        instead={
            "only the LSTM": "it is still at its baseline: it knows when, and not yet what.",
            "both": "given more updates, perhaps; the LSTM is still at its baseline.",
            "neither": "page 14 might make one think so; but one of them need only learn the weights around "
            "its recurrence."}),
    Choice(
        "Linear recurrence and minGRU are both trained on the adding task. Which of them learns to add?",
        ["the linear recurrence", "the minGRU", "both", "neither"],
        answer="the minGRU",
        because="the sum of mark times number has products in it. A gate multiplies; a linear recurrence "
        "with a linear read-out cannot.",
        instead={
            "the linear recurrence": "it can hold numbers and marks; it cannot multiply one by the other.",
            "both": "a linear recurrence can hold numbers and marks; it cannot multiply one by the other.",
            "neither": "a gate that opens at a mark is all it takes, and it need not look back."}),
]
