"""The ten longest modules and functions of the program, so that growth is seen. It is no gate."""

from __future__ import annotations

import ast

from tests.settings import ROOT


def print_longest(top: int = 10) -> None:
    modules: list[tuple[int, str]] = []
    functions: list[tuple[int, str]] = []
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text()
        name = str(path.relative_to(ROOT / "src"))
        modules.append((text.count("\n"), name))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions.append(
                    ((node.end_lineno or node.lineno) - node.lineno + 1, f"{name}:{node.lineno} {node.name}")
                )
    for title, rows in (("modules", modules), ("functions", functions)):
        print(f"longest {title}:")
        for lines, name in sorted(rows, reverse=True)[:top]:
            print(f"  {lines:5d} {name}")
