"""Every question of the course, in one place: what is asked, the choices, the answer and its reason.

Here belongs what a page asks before it shows a result, one module a page, so that no page holds its own
answers. How a question looks and how it is judged is in `widgets`.
"""

from .asking import ask
from .questions import Choice, Number, questions
