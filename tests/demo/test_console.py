"""What the demo says."""

from __future__ import annotations

import io

from local_installation.console import Steps, table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_numbers_stand_to_the_right_and_words_to_the_left() -> None:
    text = table("Τίτλος", ["συλλογή", "πόσοι"], [["ΝΕΑ", 5], ["ΠΡΟΣΦΟΡΕΣ", 1234]])
    assert text.splitlines() == [
        "Τίτλος",
        "  συλλογή    πόσοι",
        "  ---------  -----",
        "  ΝΕΑ            5",
        "  ΠΡΟΣΦΟΡΕΣ   1234",
    ]


def test_an_empty_table_says_so() -> None:
    assert table("t", ["a"], []).splitlines()[-1] == "  (nothing)"


def test_a_log_file_gets_whole_lines_with_times() -> None:
    out = io.StringIO()
    steps = Steps(total=2, out=out)
    with steps.step("first") as progress:
        progress("too soon to be shown")
    with steps.step("second"):
        pass
    lines = out.getvalue().splitlines()
    assert [line.split(" .")[0] for line in lines] == [" 1/2  first", " 2/2  second"]
    assert all(line.endswith(" s") for line in lines)
    assert list(steps.times) == ["first", "second"]


def test_a_terminal_sees_the_same_line_change() -> None:
    out = Terminal()
    with Steps(total=1, out=out).step("work") as progress:
        progress("half")
        progress("half")
    assert out.getvalue().count("half") == 1
    assert out.getvalue().count("\n") == 1
