"""Writes the reference pages before the site is built and puts them into its navigation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from generate import navigation, write_reference


def on_config(config: Any) -> Any:
    """Called by MkDocs before it looks for pages."""
    write_reference(Path(config["docs_dir"]) / "reference")
    for entry in config["nav"]:
        if "Reference" in entry:
            entry["Reference"] = navigation()
    measured = sorted((Path(config["docs_dir"]) / "benchmarks").glob("*.md"))
    if measured:
        config["nav"].append({"Measured": [f"benchmarks/{page.name}" for page in measured]})
    return config
