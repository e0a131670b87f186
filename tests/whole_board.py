"""What page 11 says of the whole board, held against one that was measured."""

from rnnlib.course import board, wrong
from rnnlib.course.predictions.questions import questions


def assert_as_told(whole):
    silent = {(m.name, point) for point, row in zip(board.POINTS, whole.caught[-1], strict=True)
              for m, said in zip(whole.mistakes, row, strict=True) if said == board.LET}
    assert silent == {("two-windows", "small"), ("label-hits-every-sequence", "small"),
                      ("clipped-carry", "weights near 0.01")}, silent

    rejecting = [name for name, alarm in zip(board.CHECKS, whole.alarms.mean(axis=1), strict=True) if alarm]
    assert rejecting == ["each entry within 1e-7"], rejecting
    assert questions(11)[2].answer == "each entry, to the stricter limit"

    table = dict(zip(board.CHECKS, len(wrong.ZOO) - whole.count(), strict=True))
    assert table["ours"][0] == 0 and (table["the loss falls"] > 0.8 * len(wrong.ZOO)).all(), table
    pytorch = table["PyTorch's 1e-5 + 1e-3 |n|"]
    assert pytorch[0] == 0 and pytorch[-1] > len(wrong.ZOO) / 3, pytorch
