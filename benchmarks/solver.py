"""What a question to the solver costs in processor time: put for the first time, and again with other names.

    python benchmarks/solver.py [--rounds 20]

Twelve pairs of conditions as real policies have them, each compared both ways, so two questions a pair. The names of
columns and tables differ from round to round; "again" is the same shape under new names.
"""

from __future__ import annotations

import argparse
import statistics
import time

from gatepost.analysis import parse
from gatepost.analysis.conditions.caller import SIGNED_IN
from gatepost.analysis.solver import Frame, compare, questions
from gatepost.schema import Column, RowSecurity, Schema, Table

ME = "(SELECT auth.uid() AS uid)"
MINE = f"SELECT m.team_X FROM public.member_X m WHERE (m.person = {ME})"
PAIRS = {
    "owner, negated difference": (f"owner_X = {ME}", f"NOT (owner_X <> {ME})"),
    "owner, or public": (f"owner_X = {ME}", f"(owner_X = {ME}) OR public_X"),
    "public, guarded": (f"(owner_X = {ME}) OR public_X", f"((owner_X = {ME}) OR public_X) AND ({ME} IS NOT NULL)"),
    "IN, EXISTS": (f"team_X IN ({MINE})", f"EXISTS ({MINE} AND (m.team_X = team_X))"),
    "IN, or owner": (f"team_X IN ({MINE})", f"(team_X IN ({MINE})) OR (owner_X = {ME})"),
    "EXISTS, captured": (f"EXISTS ({MINE} AND (m.team_X = note_X.team_X))", f"EXISTS ({MINE})"),
    "NOT IN, NOT EXISTS": (f"NOT (team_X IN ({MINE}))", f"NOT EXISTS ({MINE} AND (m.team_X = team_X))"),
    "role of two": (
        f"EXISTS ({MINE} AND (m.role = 'a'::text))",
        f"EXISTS ({MINE} AND (m.role = ANY (ARRAY['a'::text, 'b'::text])))",
    ),
    "count, EXISTS": (f"(SELECT count(*) FROM public.member_X m WHERE (m.person = {ME})) > 0", f"EXISTS ({MINE})"),
    "text of an id": (f"(owner_X)::text = ({ME})::text", f"owner_X = {ME}"),
    "ordered numbers": ("n_X > 5", "n_X >= 6"),
    "claim, or public": (
        "((auth.jwt() -> 'app_metadata'::text) ->> 'org'::text) = (team_X)::text",
        "(((auth.jwt() -> 'app_metadata'::text) ->> 'org'::text) = (team_X)::text) OR public_X",
    ),
}


def frame(name: str) -> Frame:
    def table(kind, *columns):
        made = tuple(Column(f"{column}_{name}" if numbered else column, type_) for column, type_, numbered in columns)
        return Table("public", f"{kind}_{name}", "table", "postgres", RowSecurity(True, False), columns=made)

    note = table(
        "note", ("owner", "uuid", True), ("team", "uuid", True), ("public", "boolean", True), ("n", "integer", True)
    )
    member = table("member", ("team", "uuid", True), ("person", "uuid", False), ("role", "text", False))
    return Frame(note, Schema("", 170000, "", (), tables=(note, member)), SIGNED_IN)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=20)
    rounds = arguments.parse_args().rounds
    compare(parse("a"), parse("b"), frame("first"))  # imports the solver
    first: list[float] = []
    again: list[float] = []
    for title, pair in PAIRS.items():
        times: list[float] = []
        repeated: list[float] = []
        relation = ""
        for number in range(rounds):
            questions._answered.cache_clear()
            for name, kept in ((f"a{number}", times), (f"b{number}", repeated)):
                left, right = (parse(text.replace("_X", f"_{name}")) for text in pair)
                asked = frame(name)
                start = time.process_time()
                relation = compare(left, right, asked).relation
                kept.append((time.process_time() - start) * 500)  # two questions
        first.append(statistics.median(times))
        again.append(statistics.median(repeated))
        print(f"{title:28} {relation:20} {first[-1]:6.2f} ms a question, {again[-1]:5.2f} ms under other names")
    ratio = statistics.median(first) / statistics.median(again)
    print(
        f"median {statistics.median(first):.2f} ms, under other names {statistics.median(again):.2f} ms: {ratio:.1f} x"
    )


if __name__ == "__main__":
    main()
