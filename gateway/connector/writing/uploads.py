"""Uploads: a file that a caller has sent with a mutation."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class UploadedFile:
    """An uploaded file: its name, as the caller states it, and its content."""

    name: str
    content: bytes = field(repr=False)
