"""Writes the reference pages before the site is built and puts them into its navigation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from generate import navigation, write_reference


def on_config(config: Any) -> Any:
    """Called by MkDocs before it looks for pages."""
    docs = Path(config["docs_dir"])
    write_reference(docs / "reference")
    nav = config["nav"]
    for entry in nav:
        if "Reference" in entry:
            entry["Reference"] = navigation()
    listed = {path for entry in nav for path in entry.values() if isinstance(path, str)}
    guides = [page.name for page in sorted(docs.glob("*.md")) if page.name not in listed]
    measured = [f"benchmarks/{page.name}" for page in sorted((docs / "benchmarks").glob("*.md"))]
    for title, pages in (("Measured", measured), ("Guides", guides)):
        if pages:
            nav.insert(len(listed), {title: pages})
    return config
