"""Decide questions about conditions with a solver: a proof, a candidate to try, or not known.

A condition is true, false or NULL, and so it is here. Two questions are put:

- `can_pass(condition, frame, beyond=…)`: can a row pass a condition though what is allowed does not hold?
- `compare(left, right, frame)`: can a row pass the right condition and not the left one (*gains*), or the other way
  round (*loses*)? `Comparison.relation` is `equal`, `left implies right`, `right implies left`, `apart` or `not known`.

Each answer is one of three. `RuledOut` is a proof for every caller that the frame allows, every row, and every content
of the tables that sub-selects read. `Candidate` holds values that make it so as far as the conditions were followed;
PostgreSQL has to confirm them. `NotKnown` says why.

    >>> frame = Frame(table, live, caller=SIGNED_IN)
    >>> compare(parse("(user_id = auth.uid())"), parse("((user_id = auth.uid()) OR is_public)"), frame).relation
    'left implies right'

`access_question.can(analysis, caller, command, table)` puts the first one for all policies of a table together.

What constraints say of every row is given: types, NOT NULL, keys, the labels of an enum, a CHECK (which passes over
NULL), and a foreign key where whoever reads sees every row of the parent. One that was not validated, is checked later,
depends on who writes or on the time zone, or does not bind tables that inherit says nothing (`given.constraints`).

What is taken for granted: operators named `=` and `<` are an equality and its order, texts are equal only to
themselves (deterministic collations), a token's `sub` is a uuid, the sub-selects of both sides find the same rows, and
a row and the one that it refers to are not inserted by one statement.
A difference that only an error makes is never ruled out.

cvc5 decides (`pip install cvc5`); without it nothing is proved, and every answer is `NotKnown`, but for
conditions that are one and the same.
"""

from gatepost.analysis.solver.answers import Answer, Comparison, NotKnown, Relation, RuledOut
from gatepost.analysis.solver.cvc5_search import available
from gatepost.analysis.solver.given.frame import Frame
from gatepost.analysis.solver.questions import can_pass, compare
from gatepost.finding import Candidate

__all__ = [
    "Answer",
    "Candidate",
    "Comparison",
    "Frame",
    "NotKnown",
    "Relation",
    "RuledOut",
    "available",
    "can_pass",
    "compare",
]
