"""What the site has beside the pages of this folder: two files of the repository, and a page for each rule."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
BESIDE = ("SECURITY.md", "CHANGELOG.md")


def on_config(config: Any) -> Any:  # noqa: ANN401  mkdocs's own types are known where it is installed alone
    """Add the rules to the navigation."""
    rules = sorted(path.name for path in (ROOT / "docs" / "rules").glob("*.md") if path.name != "README.md")
    config.nav.append({"Rules": ["rules/README.md", *({name.removesuffix(".md"): f"rules/{name}"} for name in rules)]})
    return config


def on_files(files: Any, config: Any) -> Any:  # noqa: ANN401  as above
    """Add the files of the repository that pages link to."""
    for name in BESIDE:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:  # noqa: ANN401  as above
    """Let links lead to where those files are in the site."""
    for name in BESIDE:
        markdown = markdown.replace(f"](../{name})", f"]({name})")
    if page.file.src_uri in BESIDE:
        return markdown.replace("](docs/", "](")
    # A source file has no page.
    return markdown if "/" in page.file.src_uri else re.sub(r"\[([^\]]+)\]\(\.\./[^)]+\)", r"\1", markdown)
