"""Tasks and streams belong to their user, and everybody who can read a stream can read its chunks."""

from gatepost import owner, protect, through
from models.work import Stream, StreamChunk, Task

protect(Task, owner(Task.user_id))
protect(Stream, owner(Stream.user_id, "select", "insert", "update"))
protect(StreamChunk, through(StreamChunk.stream_id))
