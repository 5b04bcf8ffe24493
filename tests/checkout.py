"""Where the checkout is, and the model weights and photographs next to it."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
