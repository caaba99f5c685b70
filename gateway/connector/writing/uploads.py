"""A file that a caller has sent along with a mutation."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class UploadedFile:
    """Its name, as the caller says, and what is in it."""

    name: str
    content: bytes = field(repr=False)
