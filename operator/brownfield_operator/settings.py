"""What the chart tells the operator: one YAML file, strict, so that a misspelt value is said and not ignored."""

import json
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from brownfield_api.errors import BrownfieldError
from brownfield_api.resources.base import Part
from brownfield_api.resources.durations import Duration
from brownfield_api.resources.names import Cidr, Line, Token
from brownfield_api.resources.pod import Quantity
from brownfield_slo.rules import DEFAULT_RUNBOOKS
from brownfield_slo.rules.rule_set import INTERVAL, LONGEST_INTERVAL

Quantities = dict[Line, Quantity]
"""Resource name to Kubernetes quantity."""


class Resources(Part):
    """Requests and limits of a container, as Kubernetes has them."""

    requests: Quantities = Field(default_factory=dict)
    limits: Quantities = Field(default_factory=dict)


class ProcessImage(Part):
    """What a data-plane process runs: image and what it may use."""

    image: Line
    resources: Resources = Resources()


class Storage(Part):
    """Where buffers and checkpoints are kept. `class_name` None: the cluster's default; `size` of a pipeline's or
    twin's volume (an adapter's is the sum of its buffers).
    """

    class_name: Line | None = None
    size: Annotated[int, Field(ge=1)] = 1024**3


class Spine(Part):
    """The broker. `namespace` and `labels` select its pods, none where it is outside the cluster (`cidrs` then say
    where); `store_bytes` bounds the streams.
    """

    servers: tuple[Line, ...] = Field(min_length=1)
    namespace: Line = ""
    labels: dict[Line, Line] = Field(default_factory=dict)
    cidrs: tuple[Cidr, ...] = ()
    store_bytes: Annotated[int, Field(ge=1024**2)] = 8 * 1024**3

    @model_validator(mode="after")
    def _can_be_let_through(self) -> Self:
        """A network policy knows no host names: without one of these no process would reach the broker."""
        if bool(self.namespace) != bool(self.labels) or not (self.namespace or self.cidrs):
            raise ValueError("give namespace and labels of the broker's pods, or the cidrs it is reached at")
        return self


class AlertRuleSettings(Part):
    """Rules and alerts for Prometheus. `labels` are what a Prometheus selects them by, `interval` seconds between
    evaluations, `runbooks` the address of the folder with a page for each alert.
    """

    enabled: bool = True
    labels: dict[str, str] = Field(default_factory=dict)
    interval: Annotated[Duration, Field(ge=1, le=LONGEST_INTERVAL, multiple_of=1)] = float(INTERVAL)
    runbooks: Line = DEFAULT_RUNBOOKS


class OperatorSettings(Part):
    """Everything that is decided when the operator is installed."""

    site: Token
    watch_namespaces: tuple[Line, ...] = ()
    """Empty: all."""
    adapter: ProcessImage
    pipeline: ProcessImage
    twin: ProcessImage
    image_pull_policy: Line = "IfNotPresent"
    image_pull_secrets: tuple[Line, ...] = ()
    storage: Storage = Storage()
    spine: Spine
    plant_networks: tuple[Cidr, ...] = ()
    """Where endpoints may be whose addresses are not known otherwise."""
    rules: AlertRuleSettings = AlertRuleSettings()
    leader_election: bool = True
    resync_seconds: Annotated[float, Field(gt=0)] = 600.0


def read_settings(path: Path) -> OperatorSettings:
    """The settings in a YAML file; raises `BrownfieldError` naming the file and the field."""
    try:
        return OperatorSettings.model_validate_json(_json(path))
    except (OSError, yaml.YAMLError) as error:
        raise BrownfieldError(f"cannot be read: {error}", str(path), "The chart writes it; install it again") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise BrownfieldError(wrong, str(path), "Correct the chart's values") from error


def _json(path: Path) -> str:
    return json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")))
