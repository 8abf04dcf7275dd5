"""What users write: the resources of `brownfield.dev/v1alpha1`, as pydantic models.

They are the only source of `crds/*.yaml` (made by `hack/crds.py`) and of every check one object can
decide by itself; what needs several objects is the planner's.
"""

from brownfield_api.resources.assetmapping import AssetMapping
from brownfield_api.resources.base import API_VERSION
from brownfield_api.resources.inputs import ConfigMap, Secret
from brownfield_api.resources.legacysource import LegacySource
from brownfield_api.resources.status import Reason
from brownfield_api.resources.twinmodel import TwinModel

Resource = LegacySource | AssetMapping | TwinModel

__all__ = [
    "API_VERSION",
    "AssetMapping",
    "ConfigMap",
    "LegacySource",
    "Reason",
    "Resource",
    "Secret",
    "TwinModel",
]
