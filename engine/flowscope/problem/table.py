"""A person's own data: a table as text in the spec, read so that every complaint names its line and column."""

import csv as formats
import io
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor

from ..component import Flag, wrong
from .bundled import Dataset

BYTES, ROWS, COLUMNS, CLASSES, NAME, LARGEST = 262_144, 4096, 256, 256, 60, 1e15
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


class Table(Dataset):
    """Own data: comma-separated values, the names of the columns in the first line. Every column that is no target is
    an input.
    """

    kind: Literal["table"] = "table"
    csv: str = Field(
        description="comma-separated values, names in the first line; at most 256 kB, 4096 rows, 256 columns",
        json_schema_extra={"contentMediaType": "text/csv"},
    )
    targets: tuple[str, ...] = Field(
        default=(), max_length=COLUMNS - 1, description="names of the target columns; the last column if none"
    )
    labels: Flag = Field(default=False, description="whether the target column names classes, by words or numbers")

    @model_validator(mode="after")
    def _readable(self) -> "Table":
        names = sheet(self.csv).names
        for index, name in enumerate(self.targets):
            if name not in names:
                raise wrong(f"targets.{index}", f"one of {', '.join(names[:8])}{', …' if len(names) > 8 else ''}", name)
            if name in self.targets[:index]:
                raise wrong(f"targets.{index}", "a name that was not given before", name)
        if len(self.targets) == len(names):
            raise wrong("targets", "a column left over as an input", f"all {len(names)} columns")
        if self.labels and len(self.targets) > 1:
            raise wrong("targets", "one column of classes", f"{len(self.targets)} columns")
        self._numbers()
        return self

    @property
    def shape(self) -> tuple[int, int]:
        return len(sheet(self.csv).rows), len(sheet(self.csv).names) - self.columns

    @property
    def classes(self) -> int | None:
        return int(self._numbers()[:, self._places()[0]].max()) + 1 if self.labels else None

    @property
    def columns(self) -> int:
        return len(self._places())

    def read(self) -> tuple[Tensor, Tensor]:
        numbers, places = self._numbers(), self._places()
        return numbers[:, [index for index in range(numbers.shape[1]) if index not in places]], numbers[:, places]

    def _places(self) -> list[int]:
        """Which columns are targets."""
        names = sheet(self.csv).names
        return [names.index(name) for name in self.targets or names[-1:]]

    def _numbers(self) -> Tensor:
        return numbers(self.csv, self._places()[0] if self.labels else None)


@dataclass(frozen=True)
class Sheet:
    """The cells of a table, as many in every row as there are names, and the line on which each row begins."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


@lru_cache(maxsize=4)
def sheet(csv: str) -> Sheet:
    """The cells in a text. Raises for the first line that is wrong."""
    if (size := len(csv.encode())) > BYTES:
        raise wrong("csv", f"at most {BYTES:,} bytes", f"{size:,} bytes")
    rows = _rows(csv.removeprefix("\ufeff"))
    if not rows:
        raise wrong("csv", "a line of names and lines of numbers", "an empty text")
    (first, header), body = rows[0], rows[1:]
    names = _names(first, header)
    if not body:
        raise wrong("csv", "lines of numbers below the names", "the names only")
    if len(body) > ROWS:
        raise wrong(f"csv line {body[ROWS][0]}", f"at most {ROWS} rows", f"{len(body)} rows")
    for line, cells in body:
        if len(cells) != len(names):
            hint = " (a decimal comma splits a number in two)" if len(cells) > len(names) else ""
            raise wrong(f"csv line {line}", f"{len(names)} cells, one for each column", f"{len(cells)} cells{hint}")
    return Sheet(names, tuple(cells for _, cells in body), tuple(line for line, _ in body))


@lru_cache(maxsize=4)
def numbers(csv: str, labels: int | None) -> Tensor:
    """The cells (rows, columns) as numbers, those of the column `labels` as that of their class. Raises for the first
    that is none.
    """
    cells = sheet(csv)
    classes = {} if labels is None else _classes(cells, labels)
    values = [
        [
            classes[cell] if column == labels else _number(cell, _at(cells, line, column))
            for column, cell in enumerate(row)
        ]
        for line, row in zip(cells.lines, cells.rows, strict=True)
    ]
    return torch.tensor(values, dtype=torch.float64)


def _rows(text: str) -> list[tuple[int, tuple[str, ...]]]:
    """Rows with the line on which each begins; blank lines are left out. Cells have no white space around them."""
    rows, line = [], 1
    reader = formats.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            cells = tuple(" ".join(cell.strip().splitlines()) for cell in row)
            if bad := next((cell for cell in cells if "\ufffd" in cell), None):
                raise wrong(f"csv line {line}", "text in UTF-8", bad)
            if len(cells) > 1 or any(cells):
                rows.append((line, cells))
            line = reader.line_num + 1
    except formats.Error as error:
        raise wrong(
            f"csv line {line}", "cells separated by commas, with quotes in pairs", f"a line that is not ({error})"
        ) from None
    return rows


def _names(line: int, header: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the columns, each different."""
    for mark, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and mark in header[0]:
            raise wrong(f"csv line {line}", "columns separated by commas", f"columns separated by {word}")
    if not 2 <= len(header) <= COLUMNS:
        raise wrong(f"csv line {line}", f"the names of 2 to {COLUMNS} columns", f"{len(header)} columns")
    if all(NUMBER.fullmatch(name) for name in header):
        raise wrong(f"csv line {line}", "the names of the columns", "a line of numbers")
    for index, name in enumerate(header):
        if not name:
            raise wrong(f"csv line {line}, column {index + 1}", "a name", "an empty cell")
        if len(name) > NAME:
            raise wrong(
                f"csv line {line}, column {index + 1}",
                f"a name of at most {NAME} characters",
                f"{len(name)} characters",
            )
        if name in header[:index]:
            raise wrong(f"csv line {line}, column {index + 1}", "a name that no other column has", name)
    return header


def _number(cell: str, path: str) -> float:
    if not cell:
        raise wrong(path, "a finite number", "an empty cell")
    value = float(cell) if NUMBER.fullmatch(cell) else torch.nan
    if abs(value) <= LARGEST:
        return value
    if NUMBER.fullmatch(cell.replace(",", ".", 1)) and "," in cell:
        raise wrong(path, "a finite number with a decimal point", cell)
    raise wrong(path, f"a finite number up to {LARGEST:g}" if value == value else "a finite number", cell)


def _classes(cells: Sheet, column: int) -> dict[str, int]:
    """The classes of a column, numbered in order: numbers by value, words after them by the alphabet."""
    for line, row in zip(cells.lines, cells.rows, strict=True):
        if not row[column]:
            raise wrong(_at(cells, line, column), "a class", "an empty cell")
    found = sorted(
        {row[column] for row in cells.rows},
        key=lambda name: (float(name) if NUMBER.fullmatch(name) else torch.inf, name),
    )
    if not 2 <= len(found) <= CLASSES:
        raise wrong(
            f'csv column "{cells.names[column]}"', f"from 2 to {CLASSES} classes", f"{len(found)} different cells"
        )
    return {name: index for index, name in enumerate(found)}


def _at(cells: Sheet, line: int, column: int) -> str:
    return f'csv line {line}, column "{cells.names[column]}"'
