"""Rules by which records are joined, strongest first, and the evidence that a join leaves."""

from enum import IntEnum
from typing import NamedTuple

from msgspec import Struct


class IdentityRule(IntEnum):
    """Strongest first. Each joins only where nothing speaks against it."""

    DECLARED = 1  # the operator says so
    SERIAL_NUMBER = 2  # serial numbers equal
    LABEL = 3  # equal once a maker's label is off, or the serial number stands in the tag
    SECOND_IDENTIFIER = 4  # a shared or weak number, and host name, card or declared tag
    ASSET_TAG = 5  # tags equal between sources that share them
    CARD = 6  # network card and host name equal


class Evidence(Struct, frozen=True, gc=False):
    """A join: the rule, GraphQL's `matchedBy` words, the indices of both records, and the value that both have."""

    rule: int  # IdentityRule
    matched_by: tuple[str, ...]
    lhs: int
    rhs: int
    value: str


class JoinProposal(NamedTuple):
    """Records that a rule would join, by index; vetoes have not been heard yet."""

    rule: IdentityRule
    members: tuple[int, ...]
    value: str
    second: str = ""  # name of the second identifier, of SECOND_IDENTIFIER
