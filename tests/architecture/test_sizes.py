"""Sizes that read well: no file over 300 lines, no function over 40."""

from __future__ import annotations

import ast

from tests.architecture.sources import ROOT, find_python_files

LONGEST_FILE = 300
LONGEST_FUNCTION = 40


def test_no_file_is_over_300_lines() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in find_python_files()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_over_40_lines() -> None:
    long = {}
    for path in find_python_files():
        if "versions" in path.parts:  # a migration lists the columns of a table, and is never read for its logic
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = length
    assert long == {}
