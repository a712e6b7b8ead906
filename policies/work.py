"""Tasks and streams belong to their user, and a stream's chunks are as visible as the stream."""

from gatepost import owner, protect, through
from models.work import Stream, StreamChunk, Task

protect(Task, owner(Task.user_id))
protect(Stream, owner(Stream.user_id, "select", "insert", "update"))
protect(StreamChunk, through(StreamChunk.stream_id))
