"""How many random mutations of the analysis, the solver and the rules their own tests notice.

    python benchmarks/mutations.py [--seed 1] [--count 14] [--jobs 2] [--module analysis/solver] [--only N ...]

One small change at a time is made to a copy of the code: a comparison or `and` turned round, a `not` or one side of an
`and` dropped, a condition that no longer decides, `any` for `all`, a result negated or replaced by None, a statement or
the case of a `match` left out. Then the tests of the wing run until the first one fails. Each place where such a change
is possible is as likely as any other, whether a test executes it or not; the seed decides.

Left out is what can change no answer: annotations, assertions, errors, texts that are put together for a reader
(f-strings, `NotKnown`, `NotChecked`), modules that only remember answers or word them, and the code that follows names
for the parser of systems without PostgreSQL's grammar. A surviving change that makes no difference for another reason
counts as not noticed.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parents[1]
WING = ("gatepost/analysis", "gatepost/rules")
TESTS = ("tests/analysis", "tests/rules", "tests/scenarios")
"""The wing's own tests, without the slow ones."""
COPIED = ("gatepost", "tests", "models", "policies", "docs", "benchmarks", "pyproject.toml", "README.md")
ANSWERS_NOTHING = ("by_identity.py", "parse_cache.py", "_pages.py", "_wording.py", "parser_names.py")
WORDS = frozenset({"NotKnown", "NotChecked", "NotUnderstood", "Unknown"})
SECONDS = 600
"""A change after which the tests do not end in this time is noticed."""

FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.In: ast.NotIn, ast.Is: ast.IsNot,
}  # fmt: skip
FLIPPED |= {other: one for one, other in FLIPPED.items()}
SWAPPED: dict[type[ast.operator], type[ast.operator]] = {ast.BitOr: ast.BitAnd, ast.Add: ast.Sub}
SWAPPED |= {other: one for one, other in SWAPPED.items()}


@dataclass(frozen=True)
class Mutation:
    """A change of one piece of a file: the bytes from `start` to `end` become `after`."""

    path: str
    line: int
    start: int
    end: int
    before: str
    after: str
    kind: str

    def __str__(self) -> str:
        """Return where it is and what it changes, in one line."""
        before, after = (" ".join(text.split())[:90] for text in (self.before, self.after))
        return f"{self.path}:{self.line} {self.kind}: {before}  ->  {after}"


def main() -> None:
    options = arguments()
    possible = [one for folder in WING for one in mutations(folder) if options.module in one.path]
    chosen = random.Random(options.seed).sample(possible, min(options.count, len(possible)))
    chosen = [one for at, one in enumerate(chosen, 1) if not options.only or at in options.only]
    with tempfile.TemporaryDirectory(prefix="gatepost-mutations-") as place:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(options.jobs):
            copies.put(copy(Path(place) / str(number)))
        if by := failing(Path(place) / "0"):
            sys.exit(f"the tests fail without a change: {by}")
        with ThreadPoolExecutor(options.jobs) as pool:
            noticed = 0
            for one, by in zip(chosen, pool.map(lambda one: tried(one, copies), chosen), strict=True):
                noticed += by != ""
                print(
                    f"{'noticed ' if by else 'SURVIVED'} {one}" + (f"   [{by}]" if options.explain else ""), flush=True
                )
    print(f"{noticed} of {len(chosen)} noticed (seed {options.seed}, of {len(possible)} possible changes)")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=14)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--module", default="", metavar="PART", help="only files with this in their path")
    parser.add_argument("--only", type=int, nargs="*", metavar="N", help="only these of the chosen ones")
    parser.add_argument("--explain", action="store_true", help="name the test that noticed it")
    return parser.parse_args()


def copy(target: Path) -> Path:
    target.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
    return target


def tried(mutation: Mutation, copies: SimpleQueue[Path]) -> str:
    """Return the first test that notices a change, or nothing."""
    place = copies.get()
    file = place / mutation.path
    source = file.read_bytes()
    try:
        file.write_bytes(source[: mutation.start] + mutation.after.encode() + source[mutation.end :])
        return failing(place)
    finally:
        file.write_bytes(source)
        copies.put(place)


def failing(place: Path) -> str:
    """Return the first test that fails in a copy, or nothing."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-m",
        "not slow",
        "-p",
        "no:cacheprovider",
        "--tb=no",
        *TESTS,
    ]
    environment = os.environ | {"PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        run = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return "it did not end"
    if run.returncode == 0:
        return ""
    found = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return found[0] if found else (run.stdout + run.stderr).strip().splitlines()[-1]


def mutations(folder: str) -> Iterator[Mutation]:
    """Yield every change that is possible in the files of a folder."""
    for file in sorted((ROOT / folder).rglob("*.py")):
        if file.name in ANSWERS_NOTHING:
            continue
        text = file.read_text()
        lines = [0]
        for line in text.encode().splitlines(keepends=True):
            lines.append(lines[-1] + len(line))
        path = str(file.relative_to(ROOT))
        for node in answering(ast.parse(text)):
            start, end = (lines[row - 1] + column for row, column in (
                (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)))  # fmt: skip
            before = text.encode()[start:end].decode()
            for kind, after in changes(node, before):
                yield Mutation(path, node.lineno, start, end, before, after, kind)


def answering(node: ast.AST, returns: ast.expr | None = None) -> Iterator[ast.expr | ast.stmt]:
    """Yield the expressions and statements that can change an answer; a return knows whether it is of a boolean."""
    if isinstance(node, ast.FunctionDef):
        returns = node.returns
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases", "args", "type_params") and not isinstance(
            node, ast.Call
        ):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or silent(child, node):
                continue
            if isinstance(child, ast.Return):
                child.boolean = isinstance(returns, ast.Name) and returns.id == "bool"  # type: ignore[attr-defined]
            if isinstance(child, ast.expr | ast.stmt):
                yield child
            yield from answering(child, returns)


def silent(node: ast.AST, parent: ast.AST) -> bool:
    """Return whether nothing in a piece of code can change an answer."""
    if isinstance(node, ast.JoinedStr | ast.Raise | ast.Assert | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in WORDS
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return isinstance(parent, ast.Module | ast.ClassDef) and not isinstance(node, ast.FunctionDef | ast.ClassDef)


def changes(node: ast.expr | ast.stmt, before: str) -> Iterator[tuple[str, str]]:
    """Yield the kinds of change to one piece of code, with what it becomes."""
    match node:
        case ast.Compare(left, [op], [right]) if type(op) in FLIPPED:
            yield "flipped", f"({ast.unparse(ast.Compare(left, [FLIPPED[type(op)]()], [right]))})"
        case ast.BoolOp(op, values):
            other = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield "flipped", f"({ast.unparse(ast.BoolOp(other, values))})"
            for at in range(len(values)):
                rest = values[:at] + values[at + 1 :]
                yield "one side dropped", f"({ast.unparse(ast.BoolOp(op, rest) if len(rest) > 1 else rest[0])})"
        case ast.UnaryOp(ast.Not(), inner):
            yield "not dropped", f"({ast.unparse(inner)})"
        case ast.BinOp(left, op, right) if type(op) in SWAPPED and not _of_types(node):
            yield "flipped", f"({ast.unparse(ast.BinOp(left, SWAPPED[type(op)](), right))})"
        case ast.Constant(bool() as value):
            yield "flipped", str(not value)
        case ast.Call(ast.Name("any" | "all" as name), args, []):
            yield "flipped", f"{'all' if name == 'any' else 'any'}({', '.join(map(ast.unparse, args))})"
        case ast.IfExp(test, body, orelse):
            yield "other branch", f"({ast.unparse(ast.IfExp(test, orelse, body))})"
        case ast.If(test, body, orelse):
            yield "never taken", _with(node, before, ast.If(ast.Constant(False), body, orelse))
            if not orelse:
                yield "always taken", _with(node, before, ast.If(ast.Constant(True), body, orelse))
        case ast.Return(value) if value is not None and not isinstance(value, ast.Constant):
            boolean = getattr(node, "boolean", False)
            yield (
                ("result negated", f"return not ({ast.unparse(value)})")
                if boolean
                else ("result dropped", "return None")
            )
        case ast.Expr(ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign():
            yield "statement dropped", "pass"
        case ast.Match(subject, cases):
            for at, case in enumerate(cases):
                never = ast.match_case(case.pattern, ast.Constant(False), case.body)
                yield (
                    f"case dropped ({ast.unparse(case.pattern)[:40]})",
                    _with(node, before, ast.Match(subject, [*cases[:at], never, *cases[at + 1 :]])),
                )


def _of_types(node: ast.BinOp) -> bool:
    """Return whether an `|` joins the types of an isinstance."""
    sides = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    return all(one.id[:1].isupper() or one.id in ("str", "int", "bool", "dict", "list") for one in sides)


def _with(node: ast.stmt, before: str, changed: ast.stmt) -> str:
    """Return a changed statement with the indentation of the one that it replaces; `elif` stays what it is."""
    text = ast.unparse(ast.fix_missing_locations(changed)).replace("\n", "\n" + " " * node.col_offset)
    return "el" + text if before.startswith("elif") else text


if __name__ == "__main__":
    main()
