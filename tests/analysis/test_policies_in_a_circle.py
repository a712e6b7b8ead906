"""Which tables' policies read each other without end."""

from gatepost.analysis.policy_recursion import cycles
from tests.analysis.schemas import function, policy, project, table

ME = "( SELECT auth.uid() AS uid)"


def reads(name, *others, of="id"):
    text = " AND ".join(f"(EXISTS ( SELECT 1 FROM public.{other} x WHERE (x.id = {name}.{of})))" for other in others)
    return table(name, {"id": "integer!", "person": "uuid"}, policy(name, "p", "select", text))


def found(*tables, functions=()):
    return sorted(
        (str(one), command, [".".join(key) for key in path])
        for one, command, path in cycles(project(*tables, functions=functions).analysis)
    )


def test_a_table_that_reads_itself():
    assert [name for name, _, _ in found(reads("one", "one"))] == ["public.one"]


def test_two_tables_that_read_each_other():
    circle = found(reads("one", "two"), reads("two", "one"))
    assert [name for name, _, _ in circle] == ["public.one", "public.two"]
    assert all(path[0] == path[-1] and len(path) == 3 for _, _, path in circle)


def test_a_way_into_a_circle_fails_too_and_a_chain_does_not():
    names = {name for name, _, _ in found(reads("one", "two"), reads("two", "three"), reads("three", "two"))}
    assert {"public.two", "public.three"} <= names
    assert found(reads("one", "two"), reads("two", "member"), table("three", {"id": "integer!"})) == []


def test_a_function_of_the_owner_ends_it():
    inside = function("seen", "integer", "SELECT EXISTS (SELECT 1 FROM public.one o WHERE o.id = i)", parameters=("i",))
    own = table("one", {"id": "integer!"}, policy("one", "p", "select", "public.seen(id)"))
    assert found(own, functions=(inside,)) == []
