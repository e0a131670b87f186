"""The questions of notebook 0."""

from .questions import Choice

QUESTIONS = [
    Choice(
        "One of the two backward passes is wrong. On which would you bet?",
        ["that of network A", "that of network B"],
        answer="that of network A",
        because="its gradient fails the check, in every array. Its loss fell faster because it learns at "
        "twice the rate: whatever points downhill, however crookedly, makes a loss fall.",
        instead={"that of network B": "its loss is higher and has a bump, but that proves nothing."},
        telltales=["wrong transpose"]),
    Choice(
        "With how many of the 38 mistakes does the loss fall, by a tenth or more?",
        ["with a few", "with about half of them", "with nearly all of them"],
        answer="with nearly all of them",
        because="it falls with {falls} of {all}: a gradient must be very wrong to point uphill.",
        instead={"with a few": "that would make the loss a good witness.",
                 "with about half of them": "that would be so if a mistake pointed anywhere at all."},
        facts={"falls": 35, "all": 38}),
]
