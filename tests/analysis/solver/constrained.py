"""The tables of the law with constraints: an enum, CHECKs that hold and one that need not, foreign keys."""

# ruff: noqa: E501  (a piece of SQL is read in one line)

from tests.analysis.conditions.law import TABLES, Conditions

KINDS = ("a", "b", "c")
CONSTRAINED = f"""
{TABLES}
CREATE TYPE public.law_kind AS ENUM ('a', 'b', 'c');
CREATE TABLE public.law_parent (id integer PRIMARY KEY, up integer REFERENCES public.law_parent, size integer NOT NULL,
    kind public.law_kind, CHECK (size > 0));
CREATE TABLE public.law_secret (id integer PRIMARY KEY, size integer);
INSERT INTO public.law_parent VALUES (1, NULL, 1, 'a'), (2, 1, 5, NULL), (3, 3, 9, 'c');
INSERT INTO public.law_secret VALUES (1, 1), (2, NULL);
ALTER TABLE public.law_secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON public.law_secret USING (id = 2);
ALTER TABLE public.law
    ADD COLUMN kind public.law_kind, ADD COLUMN level integer, ADD COLUMN status text, ADD COLUMN rank integer,
    ADD COLUMN parent integer REFERENCES public.law_parent, ADD COLUMN secret integer REFERENCES public.law_secret;
"""
CHECKS = """
ALTER TABLE public.law
    ADD CHECK (level BETWEEN 0 AND 3), ADD CHECK (status IN ('open', 'done')),
    ADD CHECK (level IS NOT NULL OR status IS NOT NULL), ADD CHECK (kind <> 'c' OR length(status) > 0),
    ADD CHECK (rank < 10) NOT VALID;
"""


class Constrained(Conditions):
    """Makes conditions about the columns that have constraints, beside the others."""

    tables = CONSTRAINED

    @staticmethod
    def filled(random, rows):
        """Statements that fill the columns of the rows."""

        def one(*values):
            return random.choice(values)

        for at in range(1, rows + 1):
            level, status = one(("NULL", "'open'"), ("0", "'done'"), ("1", "NULL"), ("2", "'open'"), ("3", "NULL"))
            yield (
                f"UPDATE public.law SET kind = {one('NULL', *(repr(kind) for kind in KINDS))}, level = {level},"
                f" status = {status}, rank = {one('NULL', 1, 9, 10, 50)}, parent = {one('NULL', 1, 2, 3)},"
                f" secret = {one('NULL', 1, 2)} WHERE id = {at}"
            )
        yield CHECKS

    def leaf(self):
        return super().leaf() if self.random.random() < 0.3 else self.constrained()

    def constrained(self):
        op, kind = self.pick("=", "<>", "<", "<=", ">", ">="), self.pick(*KINDS)
        number = self.pick("-1", "0", "1", "3", "4", "10")
        column = self.pick("level", "rank", "parent", "secret")
        table, key = self.pick(("law_parent", "parent"), ("law_parent", "parent"), ("law_secret", "secret"))
        where = self.pick(
            "p.size > 0", "p.size IS NOT NULL", "p.size <= 0", "true", f"p.size {op} {number}", "p.size > law.level"
        )
        return self.pick(
            f"(kind {op} '{kind}')", f"(kind::text {op} '{kind}')", "(kind IN ('a', 'b', 'c'))", "(kind IS NULL)",
            f"(kind NOT IN ('{kind}', 'a'))", f"({column} {op} {number})", f"({column} IS NULL)", f"(level {op} rank)",
            "(status IS NULL)", f"(status {op} 'open')", "(status = 'done' OR status = 'open')", "(status = 'closed')",
            "(level IS NULL AND status IS NULL)", "(length(status) > 0)", f"(COALESCE(kind, 'a') = '{kind}')",
            f"(EXISTS (SELECT 1 FROM public.{table} p WHERE p.id = law.{key} AND {where}))",
            f"(law.{key} IN (SELECT p.id FROM public.{table} p WHERE {where}))",
            f"(NOT EXISTS (SELECT 1 FROM public.{table} p WHERE p.id = law.{key}))",
            f"((SELECT p.size FROM public.{table} p WHERE p.id = law.{key}) {op} {number})",
            "(EXISTS (SELECT 1 FROM public.law_parent p JOIN public.law_parent u ON u.id = p.up WHERE p.id = law.parent))",
            "(EXISTS (SELECT 1 FROM public.law_parent p WHERE p.id = law.parent AND p.up IS NOT NULL))",
            f"(EXISTS (SELECT 1 FROM public.law_parent p WHERE p.id = law.parent AND p.kind {op} law.kind))",
        )  # fmt: skip

    def pick(self, *choices):
        return self.random.choice(choices)
