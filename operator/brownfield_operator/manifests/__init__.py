"""A process as Kubernetes objects: pure rendering, one file per kind, nothing read and nothing sent.

`render` gives the complete intent of every child. What the server adds to it (defaults, addresses, status) is not
here on purpose: `brownfield_operator.drift` compares intents with what is there.
"""

from brownfield_operator.manifests.manifest import Manifest
from brownfield_operator.manifests.process import render

__all__ = ["Manifest", "render"]
