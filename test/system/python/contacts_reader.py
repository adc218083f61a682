"""Reads callable files with Python's csv module and says which hold what may not be dialled.

Standard input: {"listed": [national numbers], "files": [{"path", "encoding" (of Python),
"separator", "sep_line" (whether the first line is sep=X), "header" (whether the first row is one),
"width" (cells of the header, for files without), "dialled" (columns, from 0)}]}.
Standard output: {"rows": how many were read, "wrong": [{"path", "row", "what"}]}; exit code 1 if
anything is wrong. Phone numbers are not printed.
"""

import csv
import io
import json
import re
import sys


def national(text):
    """The digits of a Belgian number without country code and trunk zero."""
    digits = re.sub(r"[^0-9]", "", text)
    if digits.startswith("0032"):
        digits = digits[4:]
    elif digits.startswith("32") and len(digits) >= 10:
        digits = digits[2:]
    return digits[1:] if digits.startswith("0") else digits


def rows_of(file):
    """The rows behind the header, and how many cells the header has."""
    with open(file["path"], "rb") as opened:
        text = opened.read().decode(file["encoding"])
    if file["sep_line"]:
        text = re.sub(r"\Asep=.(\r\n|\n|\r)", "", text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=file["separator"])
    width = len(next(reader)) if file["header"] else file["width"]
    return reader, width


def faults_of(file, listed):
    """How many rows there are, and what is wrong with which."""
    rows, width = rows_of(file)
    count = 0
    faults = []
    for count, cells in enumerate(rows, 1):
        dialled = [cells[column] for column in file["dialled"] if column < len(cells)]
        if any(national(cell) in listed for cell in dialled):
            faults.append((count, "a listed number in a dialled column"))
        if any(cell.strip() for cell in cells[width:]):
            faults.append((count, "more cells than the header"))
    return count, faults


def main():
    task = json.load(sys.stdin)
    listed = set(task["listed"])
    total = 0
    wrong = []
    for file in task["files"]:
        count, faults = faults_of(file, listed)
        total += count
        wrong += [{"path": file["path"], "row": row, "what": what} for row, what in faults]
    json.dump({"rows": total, "wrong": wrong}, sys.stdout)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
