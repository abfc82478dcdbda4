"""Own data: what a table is read as, and the sentence for everything that can be wrong with it."""

import csv
import io
from typing import Any

import numpy as np
import pytest
from flowscope import SpecError, parse_spec
from flowscope.problem import Table
from flowscope.problem.table import BYTES, COLUMNS, ROWS

GOOD = "x1,x2,y\n1,0.5,3\n2,-1e-3,4\n4,2,5.5\n"


def spec(text: str, widths: tuple[int, ...] = (2, 3, 1), **problem: Any) -> dict[str, Any]:
    return {
        "problem": {"kind": "table", "csv": text, **problem},
        "network": {"kind": "mlp", "widths": list(widths)},
        "solvers": [{"name": "gradient", "flow": {"kind": "gradient"}}],
    }


def read(text: str, widths: tuple[int, ...] = (2, 3, 1), **problem: Any) -> tuple[np.ndarray, np.ndarray]:
    parsed = parse_spec(spec(text, widths, **problem))
    data = parsed.problem.data(parsed.network)
    return data.inputs.numpy(), data.rows(data.targets).numpy()


def test_the_last_column_is_the_target_unless_others_are_named() -> None:
    inputs, targets = read(GOOD, standardise=False)
    assert inputs.tolist() == [[1, 0.5], [2, -1e-3], [4, 2]] and targets.tolist() == [[3], [4], [5.5]]
    inputs, targets = read(GOOD, (1, 3, 2), standardise=False, targets=["y", "x1"])
    assert inputs.tolist() == [[0.5], [-1e-3], [2]] and targets.tolist() == [[3, 1], [4, 2], [5.5, 4]]


def test_inputs_and_targets_are_standardised() -> None:
    for columns in read(GOOD):
        assert np.abs(columns.mean(0)).max() < 1e-15 and np.abs(columns.std(0) - 1).max() < 1e-15


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.rstrip(),
        "\n" + GOOD.replace("\n", "\n\n") + " \n",
        GOOD.replace(",", " , "),
        '"x1","x2","y"\n"1","0.5","3"\n"2","-1e-3","4"\n"4","2","5.5"\n',
        GOOD.replace("4,2,5.5", "+4.,2,55E-1"),
    ],
    ids=["a mark of byte order", "Windows", "no last end", "blank lines", "spaces", "quotes", "other spellings"],
)
def test_what_other_programs_write_is_the_same_table(text: str) -> None:
    for mine, expected in zip(read(text), read(GOOD), strict=True):
        assert np.array_equal(mine, expected)


def test_numbers_survive_the_way_through_the_writer_of_the_standard_library() -> None:
    values = np.random.default_rng(0).normal(size=(50, 4)) * 10.0 ** np.random.default_rng(1).integers(-12, 12, (50, 4))
    out = io.StringIO()
    csv.writer(out).writerows([["a", "b", 'c, "d"', "e"], *values.tolist()])
    inputs, targets = read(out.getvalue(), (3, 2, 1), standardise=False)
    assert np.array_equal(np.hstack((inputs, targets)), values)


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (("cat", "ant", "bee"), ("ant", "bee", "cat")),
        (("2", "10", "x"), ("2", "10", "x")),
        (("1", "0", "1"), ("0", "1")),
    ],
)
def test_classes_are_numbered_in_order(names: tuple[str, ...], order: tuple[str, ...]) -> None:
    text = "x,kind\n" + "".join(f"{i},{name}\n" for i, name in enumerate(names))
    _, targets = read(text, (1, 2, len(order)), labels=True)
    assert targets.tolist() == [[float(name == each) for each in order] for name in names]


def test_two_classes_are_signs_or_soft_labels() -> None:
    text = "x,kind\n0,no\n1,yes\n2,yes\n"
    assert read(text, (1, 2, 1), labels=True)[1].tolist() == [[-1], [1], [1]]
    soft = read(text, (1, 2, 1), labels=True, loss={"kind": "logistic"}, smoothing=0.2)[1]
    assert np.abs(soft - [[0.1], [0.9], [0.9]]).max() < 1e-15


def test_soft_labels_in_columns_are_taken_as_they_are() -> None:
    text = "x,a,b\n0,0.25,0.75\n1,0.5,0.5\n"
    assert read(text, (1, 2, 2), targets=["a", "b"], loss={"kind": "softmax"})[1].tolist() == [[0.25, 0.75], [0.5, 0.5]]
    assert (
        sentence(text, (1, 2, 1), targets=["a"], loss={"kind": "logistic"}) is not None
    )  # column b is an input then: two of them
    refused = sentence(text.replace("0.5,0.5", "0.5,0.75"), (1, 2, 2), targets=["a", "b"], loss={"kind": "softmax"})
    assert refused is not None and refused.startswith("problem.loss: expected targets that are positive and sum to 1")


def sentence(text: str, widths: tuple[int, ...] = (2, 3, 1), **problem: Any) -> str | None:
    try:
        parse_spec(spec(text, widths, **problem))
    except SpecError as error:
        return str(error)
    return None


ROW = "0,0,0\n"
WRONG: dict[str, tuple[str, str]] = {
    "a word": (
        "x1,x2,y\n1,2,3\n\n1,abc,3\n",
        "problem.csv line 4, column \"x2\": expected a finite number, came 'abc'",
    ),
    "a word below a cell of two lines": (
        '"x1","x\n2",y\n1,2,3\nabc,2,3\n',
        "problem.csv line 4, column \"x1\": expected a finite number, came 'abc'",
    ),
    "a missing cell": (
        "x1,x2,y\n1,,3\n",
        'problem.csv line 2, column "x2": expected a finite number, came an empty cell',
    ),
    "only commas": (
        "x1,x2,y\n1,2,3\n,,\n",
        'problem.csv line 3, column "x1": expected a finite number, came an empty cell',
    ),
    "a short line": ("x1,x2,y\n1,2\n", "problem.csv line 2: expected 3 cells, one for each column, came 2 cells"),
    "a decimal comma, unquoted": (
        "x1,x2,y\n1,5,2,3\n",
        "problem.csv line 2: expected 3 cells, one for each column, came 4 cells (a decimal comma splits a "
        "number in two)",
    ),
    "a decimal comma, quoted": (
        'x1,x2,y\n1,"2,5",3\n',
        "problem.csv line 2, column \"x2\": expected a finite number with a decimal point, came '2,5'",
    ),
    "semicolons": (
        "x1;x2;y\n1,5;2;3\n",
        "problem.csv line 1: expected columns separated by commas, came columns separated by semicolons",
    ),
    "tabs": (
        "x1\tx2\ty\n1\t2\t3\n",
        "problem.csv line 1: expected columns separated by commas, came columns separated by tabs",
    ),
    "NaN": ("x1,x2,y\n1,NaN,3\n", "problem.csv line 2, column \"x2\": expected a finite number, came 'NaN'"),
    "infinity": ("x1,x2,y\n1,2,-inf\n", "problem.csv line 2, column \"y\": expected a finite number, came '-inf'"),
    "a number beyond floats": (
        "x1,x2,y\n1,2,1e999\n",
        "problem.csv line 2, column \"y\": expected a finite number up to 1e+15, came '1e999'",
    ),
    "Python's underscore": (
        "x1,x2,y\n1,2,1_000\n",
        "problem.csv line 2, column \"y\": expected a finite number, came '1_000'",
    ),
    "digits of another script": (
        "x1,x2,y\n1,2,٣\n",
        "problem.csv line 2, column \"y\": expected a finite number, came '٣'",
    ),
    "two columns of one name": (
        "x, x ,y\n1,2,3\n",
        "problem.csv line 1, column 2: expected a name that no other column has, came 'x'",
    ),
    "a column without a name": ("x1,,y\n1,2,3\n", "problem.csv line 1, column 2: expected a name, came an empty cell"),
    "no names": ("1,2,3\n4,5,6\n", "problem.csv line 1: expected the names of the columns, came a line of numbers"),
    "names only": ("x1,x2,y\n", "problem.csv: expected lines of numbers below the names, came the names only"),
    "nothing": ("", "problem.csv: expected a line of names and lines of numbers, came an empty text"),
    "blank lines": ("\n \n", "problem.csv: expected a line of names and lines of numbers, came an empty text"),
    "one column": ("y\n1\n", f"problem.csv line 1: expected the names of 2 to {COLUMNS} columns, came 1 columns"),
    "an open quote": (
        'x1,x2,y\n1,"2,3\n',
        "problem.csv line 2: expected cells separated by commas, with quotes in pairs, came a line that is",
    ),
    "a stray quote": (
        'x1,x2,y\n1,"2"3,4\n',
        "problem.csv line 2: expected cells separated by commas, with quotes in pairs, came a line that",
    ),
    "Latin-1": ("x1,x2,y\n1,2,stra\ufffde\n", "problem.csv line 2: expected text in UTF-8, came 'stra\ufffde'"),
    "UTF-16": (GOOD.encode("utf-16").decode("utf-8", "replace"), "problem.csv line 1: expected text in UTF-8, came"),
    "too many rows": (
        "x1,x2,y\n" + ROW * (ROWS + 1),
        f"problem.csv line {ROWS + 2}: expected at most {ROWS} rows, came {ROWS + 1} rows",
    ),
    "too many columns": (
        ",".join(f"c{i}" for i in range(COLUMNS + 1)) + "\n",
        "problem.csv line 1: expected the names of 2 to 256 columns",
    ),
    "too long": (
        "x1,x2,y\n" + "0.00000000000000000000000000000000000000000000000000000000000000000000,0,0\n" * 4096,
        "problem.csv: expected at",
    ),
    "a long name": (
        f"x1,{'x' * 61},y\n1,2,3\n",
        "problem.csv line 1, column 2: expected a name of at most 60 characters, came 61 characters",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_sentence_with_line_and_column(case: str) -> None:
    text, expected = WRONG[case]
    said = sentence(text)
    assert said is not None and said.startswith(expected)
    assert "\n" not in said and len(said) < 300


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        ({"targets": ["z"]}, "problem.targets.0: expected one of x1, x2, y, came 'z'"),
        ({"targets": ["y", "y"]}, "problem.targets.1: expected a name that was not given before, came 'y'"),
        (
            {"targets": ["y", "x1", "x2"]},
            "problem.targets: expected a column left over as an input, came all 3 columns",
        ),
        ({"targets": ["y", "x1"], "labels": True}, "problem.targets: expected one column of classes, came 2 columns"),
        ({"targets": ["x1", "x2"]}, "network: expected inputs of width 1, came 2"),
        ({"labels": True}, "network: expected 3 outputs, for 3 classes under squares, came 1"),
        ({"loss": {"kind": "logistic"}}, "problem.loss: expected targets strictly between 0 and 1, came 3 to 5.5"),
    ],
)
def test_targets_that_do_not_fit_are_one_sentence(problem: dict[str, Any], expected: str) -> None:
    assert sentence(GOOD, **problem) == expected


def test_classes_are_words_of_which_there_are_at_least_two() -> None:
    assert (
        sentence("x,k\n1,a\n2,\n", (1, 2, 2), labels=True)
        == 'problem.csv line 3, column "k": expected a class, came an empty cell'
    )
    assert (
        sentence("x,k\n1,a\n2,a\n", (1, 2, 2), labels=True)
        == 'problem.csv column "k": expected from 2 to 256 classes, came 1 different cells'
    )


def test_the_largest_table_is_read() -> None:
    text = ",".join(f"c{i}" for i in range(16)) + "\n" + ("1," * 15 + "2\n") * ROWS
    assert len(text) < BYTES and Table(csv=text).shape == (ROWS, 15)
