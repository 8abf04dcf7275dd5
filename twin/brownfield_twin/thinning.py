"""Fewer points that draw the same picture: each bucket's first, last, least and greatest sample.

Averages would hide the spike somebody is looking for; keeping the extremes does not.
"""

import numpy as np

from brownfield_twin.columns import Floats, Rows, Times

_PER_BUCKET = 4


def thin(time: Times, value: Floats, points: int) -> Rows:
    """Rows to keep, ascending, at most `points` of them (at least 4); all rows if they are that few.

    `time` is ascending, nanoseconds. Buckets divide the span of time evenly, so that a dense minute does not
    take the points of a sparse hour. NaN (a gap) counts as neither least nor greatest.
    """
    if len(time) <= points:
        return np.arange(len(time))
    buckets = max(points // _PER_BUCKET, 1)
    width = (int(time[-1]) - int(time[0])) // buckets + 1
    bucket = (time - time[0]) // width
    begins = np.flatnonzero(np.diff(bucket, prepend=-1))
    ends = np.append(begins[1:], len(time)) - 1
    finite = np.flatnonzero(np.isfinite(value))
    return np.unique(np.concatenate([begins, ends, *_extremes(finite, bucket, value)]))


def _extremes(finite: Rows, bucket: Times, value: Floats) -> tuple[Rows, Rows]:
    """Rows of the least and the greatest finite value of each bucket."""
    if not len(finite):
        return finite, finite
    ordered = finite[np.lexsort((value[finite], bucket[finite]))]
    begins = np.flatnonzero(np.diff(bucket[ordered], prepend=-1))
    ends = np.append(begins[1:], len(ordered)) - 1
    return ordered[begins], ordered[ends]
