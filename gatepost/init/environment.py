"""Write Alembic's env.py, or change one so that Gatepost runs its migrations.

What the project says stays: its imports, its metadata, where its address comes from, and the options that it gives to
`context.configure`. Only the functions that connect and run are replaced.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gatepost.errors import SettingsError

_OURS = {
    "compare_server_default", "compare_type", "connection", "dialect_name", "dialect_opts", "literal_binds",
    "render_as_batch", "target_metadata", "transactional_ddl", "url",
}  # fmt: skip
"""Options of `context.configure` that `gatepost.migrate.run` decides."""

NEW = '''"""Alembic's environment: the tables of the models, and row security as `policies/` declares it."""

from logging.config import fileConfig

from alembic import context

from gatepost.migrate import run
{models}

if context.config.config_file_name is not None and context.config.attributes.get("configure_logger", True):
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

run(context, {metadata}, policies="{policies}")
'''


def patched(text: str, models_import: str, metadata: str, policies: str = "policies") -> str:
    """Return the text of an env.py that runs Gatepost, which it may do already.

    Args:
        text: The project's env.py.
        models_import: The import of the models, for an env.py without metadata.
        metadata: The metadata, as that import names it.
        policies: The package of the declarations.

    Raises:
        SettingsError: the file is written in a way that cannot be changed for its author.
    """
    if "gatepost.migrate" in text:
        return text
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise _by_hand(f"line {error.lineno} is no Python") from None
    replaced = [node for node in tree.body if _connects_or_runs(node)]
    if not replaced:
        raise _by_hand("it never calls context.run_migrations()")
    registered = [node for node in tree.body if _registers(node) is not None]
    kept = [node for node in tree.body if node not in replaced and node not in registered]
    known = _names_of(kept)
    given = dict(_options(text, replaced, known))
    if registered:
        given["entities"] = " + ".join(f"[*{ast.unparse(one)}]" for one in filter(None, map(_registers, registered)))
    options = "".join(f", {name}={value}" for name, value in given.items())
    target = _target(kept)
    call = f'run(context, {metadata if target is None else "target_metadata"}, policies="{policies}"{options})'
    body = _without(text, [*replaced, *registered, *([target_none] if (target_none := _no_target(kept)) else [])])
    address = _address(replaced, kept, known)
    ours = "from gatepost.migrate import run" + (f"\n{models_import}" if target is None else "")
    body = _with_import(_without_unused_imports(body, f"{call}\n{address or None}"), ours)
    at = f'context.config.attributes.setdefault("url", str({address}))\n' if address else ""
    return f"{body.rstrip()}\n\n{at}{call}\n"


def _by_hand(why: str) -> SettingsError:
    return SettingsError(
        f"env.py cannot be changed for you: {why}",
        'from gatepost.migrate import run\n  run(context, target_metadata, policies="policies")  # in place of its end',
    )


def _connects_or_runs(node: ast.stmt) -> bool:
    inside = {ast.unparse(one.func) for one in ast.walk(node) if isinstance(one, ast.Call)}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return bool(inside & {"context.configure", "context.run_migrations"}) or node.name.startswith("run_")
    return "context.is_offline_mode" in inside or any(name.startswith("run_migrations") for name in inside)


def _registers(node: ast.stmt) -> ast.expr | None:
    """Return what a statement registers with alembic-utils, whose entities `run` takes as an argument instead."""
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "register_entities" and call.args:
        return call.args[0]
    return None


def _options(text: str, replaced: list[ast.stmt], known: set[str]) -> Iterator[tuple[str, str]]:
    for node in replaced:
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "context.configure":
                for keyword in call.keywords:
                    if keyword.arg is None:
                        raise _by_hand(f"context.configure takes **{ast.unparse(keyword.value)}")
                    if keyword.arg not in _OURS and _is_known(keyword.value, known):
                        yield keyword.arg, ast.get_source_segment(text, keyword.value) or ast.unparse(keyword.value)


def _is_known(value: ast.expr, known: set[str]) -> bool:
    return all(one.id in known for one in ast.walk(value) if isinstance(one, ast.Name))


def _names_of(nodes: list[ast.stmt]) -> set[str]:
    import builtins

    found = set(dir(builtins))
    for node in nodes:
        for one in ast.walk(node):
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                found.add(one.id)
            elif isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(one.name)
            elif isinstance(one, ast.alias):
                found.add((one.asname or one.name).partition(".")[0])
    return found


def _assigned(nodes: list[ast.stmt], name: str) -> Iterator[ast.Assign | ast.AnnAssign]:
    for node in nodes:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and any(
            isinstance(target, ast.Name) and target.id == name for target in targets
        ):
            yield node


def _target(kept: list[ast.stmt]) -> ast.Assign | ast.AnnAssign | None:
    found = [node for node in _assigned(kept, "target_metadata") if not _is_none(node.value)]
    return found[-1] if found else None


def _no_target(kept: list[ast.stmt]) -> ast.stmt | None:
    return next((node for node in _assigned(kept, "target_metadata") if _is_none(node.value)), None)


def _is_none(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _address(replaced: list[ast.stmt], kept: list[ast.stmt], known: set[str]) -> str | None:
    """Return the expression by which the project knows its address, unless that is Alembic's own setting."""
    for node in (one for statement in replaced for one in ast.walk(statement)):
        if isinstance(node, ast.Assign):
            target = ast.unparse(node.targets[0])
            is_address = "sqlalchemy.url" in target or target in ("url", "database_url")
        else:
            is_address = isinstance(node, ast.keyword) and node.arg == "url"
        value = getattr(node, "value", None)
        if is_address and value is not None and _is_known(value, known):
            written = ast.unparse(value)
            if "get_main_option" not in written:
                return written
    if any("set_main_option('sqlalchemy.url'" in ast.unparse(node) for node in kept):
        return 'context.config.get_main_option("sqlalchemy.url")'
    return None


def _without(text: str, nodes: list[ast.stmt]) -> str:
    lines = text.splitlines(keepends=True)
    gone = set()
    for node in nodes:
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        gone |= set(range(first - 1, node.end_lineno or first))
    return "".join(line for at, line in enumerate(lines) if at not in gone)


def _without_unused_imports(text: str, more: str) -> str:
    tree = ast.parse(text)
    used = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}
    used |= {one.id for one in ast.walk(ast.parse(more)) if isinstance(one, ast.Name)}
    lines = text.splitlines(keepends=True)
    for node in reversed([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]):
        module = getattr(node, "module", None) or node.names[0].name
        if module.partition(".")[0] not in ("alembic_utils", "asyncio", "sqlalchemy", "logging"):
            continue  # an import of the project may be there for what it does
        kept = [one for one in node.names if (one.asname or one.name).partition(".")[0] in used]
        new = [ast.unparse(_with_names(node, kept)) + "\n"] if kept else []
        if len(kept) != len(node.names):
            lines[node.lineno - 1 : node.end_lineno] = new
    return "".join(lines)


def _with_names(node: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> ast.stmt:
    if isinstance(node, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(node.module, names, node.level)


def _with_import(text: str, line: str) -> str:
    """Put an import after the last one at the top of a module."""
    nodes = [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)]
    lines = text.splitlines(keepends=True)
    at = (nodes[-1].end_lineno or 0) if nodes else 0
    return "".join([*lines[:at], f"{line}\n", *lines[at:]])
