"""Names of the array types that all twin modules pass around: one row per slot, or one per sample."""

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
"""Positions in an array: slots, or rows of a batch."""

Times = npt.NDArray[np.int64]
"""Nanoseconds since 1970 UTC, 0 = never."""

Codes = npt.NDArray[np.uint32]
"""OPC UA status codes."""

Reasons = npt.NDArray[np.uint16]
"""Bit masks of `brownfield_api.status.Reason`."""

SECOND = 1_000_000_000
"""Nanoseconds."""
