"""A package of solver parts, laid out as pip would."""

import os
import sys
from pathlib import Path


def installed(folder: Path, module: str, points: str) -> str:
    """Lays a package `tiny 1.0` of one module and these entry points out in `folder`; returns the PYTHONPATH on which
    it is installed.
    """
    facts = folder / "tiny-1.0.dist-info"
    facts.mkdir()
    (folder / "tiny.py").write_text(module, encoding="utf-8")
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n", encoding="utf-8")
    (facts / "entry_points.txt").write_text(points, encoding="utf-8")
    return os.pathsep.join([str(folder), *filter(None, sys.path)])
