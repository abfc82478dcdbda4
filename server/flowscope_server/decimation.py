"""A long backlog made short: per lane and bucket the first and last row and those of least and greatest loss."""

import numpy as np
import pyarrow as pa

from .arrow import batch_message, batches, join
from .log import Log

KEPT_ROWS = 8000  # about so many rows of a backlog are kept
BUCKET_BYTES = 8 << 20  # and about so many bytes are held while choosing them


def decimate(log: Log, start: int, stop: int, *, kept: int = KEPT_ROWS) -> bytes:
    """One batch message that stands for rows start … stop. A spike of width 1 survives, and so does every lane's last
    row.
    """
    parts: list[pa.RecordBatch] = []
    lanes = 1
    while start < stop:
        rows = max(1, (stop - start) * 4 * lanes // max(1, kept - sum(part.num_rows for part in parts)))
        end = min(stop, log.whole(start, rows, BUCKET_BYTES))
        bucket = join(batches(log.schema, log.read(start, end)))
        lanes = max(lanes, len(np.unique(bucket["lane"].to_numpy())))
        parts.append(bucket.take(pa.array(telling_rows(bucket))))
        start = end
    return batch_message(join(parts))


def telling_rows(bucket: pa.RecordBatch) -> np.ndarray:
    """Indices, in order, of each lane's first, last, lowest and highest row in a bucket, and of every row that ends a
    lane.
    """
    lane = bucket["lane"].to_numpy()
    loss = bucket["loss"].to_numpy(zero_copy_only=False)
    by_row = np.argsort(lane, kind="stable")
    low = np.lexsort((np.nan_to_num(loss, nan=np.inf), lane))
    high = np.lexsort((np.nan_to_num(loss, nan=-np.inf), lane))
    first = np.flatnonzero(np.diff(lane[by_row], prepend=-1))
    last = np.append(first[1:], len(lane)) - 1
    endings = np.flatnonzero(np.asarray(bucket["status"].to_pylist()) != "running")
    return np.unique(np.concatenate((by_row[first], by_row[last], low[first], high[last], endings)))
