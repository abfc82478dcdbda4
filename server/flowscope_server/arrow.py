"""Arrow IPC in the three shapes the wire knows: a schema message, a batch message, a whole stream."""

import pyarrow as pa

END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"


def schema_message(schema: pa.Schema) -> bytes:
    """The schema as one encapsulated message: how every recording begins."""
    return schema.serialize().to_pybytes()


def batch_message(batch: pa.RecordBatch) -> bytes:
    """The batch as one encapsulated message; a slice carries only its own rows."""
    return batch.serialize().to_pybytes()


def stream(batch: pa.RecordBatch) -> bytes:
    """The batch as a whole Arrow stream of its own."""
    return schema_message(batch.schema) + batch_message(batch) + END_OF_STREAM


def batches(schema: bytes, messages: bytes) -> list[pa.RecordBatch]:
    """The batches of whole messages, decoded."""
    with pa.ipc.open_stream(pa.BufferReader(schema + messages)) as reader:
        return list(reader)


def join(parts: list[pa.RecordBatch]) -> pa.RecordBatch:
    """The parts as one batch."""
    return parts[0] if len(parts) == 1 else pa.concat_batches(parts)
