"""The CEL engine without the command line that its package imports beside it.

`import cel` loads `cel.cli`, and with it typer, rich, prompt_toolkit and pygments: 13 MB resident (measured) in every
operator and every pipeline on an edge box, for a prompt that nobody will ever see there. An empty module in its place
leaves the engine as it is.
"""

import sys
from types import ModuleType

sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))

import cel as engine  # noqa: E402 - the line above must come first

__all__ = ["engine"]
