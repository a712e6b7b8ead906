"""Write a page for each rule, from its own documentation, and say where the pages are published."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata

from gatepost.rules._registry import Rule, all_rules

_DECIDED = {
    "catalog": "the catalog, which holds all that it needs: what it finds is proved",
    "trial": "a trial: where `gatepost check` tries it and strangers get no more than their own rows, it is dropped",
    "witness": "a witness: only a trial that succeeds confirms it, since others may hold values that a trial does not",
    "style": "nothing: it is about cost or clarity, and never about who can access which rows",
}
_LABEL = "documentation"


def pages(rules: Iterable[Rule] | None = None) -> dict[str, str]:
    """Return the pages by their file names: an index, and one page a rule.

    Args:
        rules: The rules; without any, all.
    """
    rules = tuple(all_rules() if rules is None else rules)
    return {"README.md": _index(rules)} | {f"{rule.name}.md": _page(rule) for rule in rules}


def published(name: str) -> str:
    """Return the address of a rule's page, or the empty string where the project publishes none.

    Args:
        name: The rule's name.

    Source: https://packaging.python.org/en/latest/specifications/well-known-project-urls/
    """
    known = any(rule.name == name for rule in all_rules())
    address = _address()
    return f"{address}/rules/{name}.md" if known and address else ""


@cache
def _address() -> str:
    try:
        urls = metadata("gatepost").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    pairs = (url.partition(",") for url in urls)
    return next((address.strip().rstrip("/") for label, _, address in pairs if label.strip().lower() == _LABEL), "")


def _page(rule: Rule) -> str:
    title, _, rest = rule.documentation.partition("\n")
    decided = f"**{rule.severity}** · decided by {_DECIDED[rule.decided_by]}"
    accept = (
        "## Accept it\n\nWhere it is intended, say why in `pyproject.toml`, with the key that the report shows:\n\n"
        f'```toml\n[tool.gatepost]\nignore = {{ "{rule.name}:public.orders" = "shared by design" }}\n```'
    )
    return f"# {rule.name}\n\n{title}\n\n{decided}\n\n{rest.strip()}\n\n{accept}\n"


def _index(rules: Iterable[Rule]) -> str:
    lines = "\n".join(f"| [{rule.name}]({rule.name}.md) | {rule.severity} | {rule.title} |" for rule in rules)
    return (
        "# The rules\n\nEach page says what a rule finds, why that is bad, with an example that the tests run, and what"
        " to use\ninstead. `gatepost rules NAME` shows the same in the terminal.\n\n"
        f"| rule | worst | finds |\n|---|---|---|\n{lines}\n"
    )
