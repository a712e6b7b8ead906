"""Rows that come out or change although something that they belong to, or that they hold, is hidden from the caller."""

import pytest

ORDERS = """
CREATE TABLE orders (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users, discount numeric NOT NULL);
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON orders TO authenticated;
CREATE POLICY see ON orders FOR SELECT TO authenticated USING ({see});
CREATE FUNCTION redeem(order_in int) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
  $$ UPDATE orders SET discount = 5 WHERE id = order_in {mine} $$;
"""
TICKETS = """
CREATE TABLE tickets (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users);
CREATE TABLE answers (id int PRIMARY KEY, ticket_id int NOT NULL REFERENCES tickets, internal boolean NOT NULL);
ALTER TABLE tickets ENABLE ROW LEVEL SECURITY; ALTER TABLE answers ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON tickets, answers TO authenticated;
CREATE POLICY see ON tickets FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY see ON answers FOR SELECT TO authenticated USING (NOT internal {tied});
"""
MINE, OWN = "AND user_id = auth.uid()", "user_id = (SELECT auth.uid())"
TIED = "AND EXISTS (SELECT FROM tickets t WHERE t.id = ticket_id)"


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        (ORDERS.format(see=OWN, mine=""), {("door-writes", "public.redeem(integer)")}),
        (ORDERS.format(see=OWN, mine=MINE), set()),
        (TICKETS.format(tied=""), {("foreign-row-read", "public.answers")}),
        (TICKETS.format(tied=TIED), set()),
    ],
    ids=["an amount of others", "an amount of one's own", "of a hidden ticket", "of a ticket that is seen"],
)
def test_what_is_hidden_is_not_for_strangers(designs, text, errors):
    found = designs.observe(text).findings
    assert {(one.rule, one.object) for one in found if one.severity == "error"} == errors
