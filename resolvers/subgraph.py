"""The schema as a subgraph of a federated graph, as an operation's caller knows it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Subgraph:
    """The subgraph's SDL, made when it is first read, and the prefix of its types' names."""

    sdl: Callable[[], str] = str
    prefix: str = ""
