"""
Identity: which records of several sources are one physical thing, and what that thing is like. Pure: rows in,
groups and reasons out; no HTTP, no GraphQL. Rules stand in an order, a veto is final, everything else is offered;
the operator's decisions win.

    Matching, match, run    rows -> groups with evidence, in steps; kept, and made again only for what changed
    PossibleMatches         pairs that are offered, with reasons for and against
    parse_decisions         the operator's `[identity]` table, checked
    reconcile, conflicts    one value for each field, where it is from, and where records disagree
    unified_id, find_things ids of things, and back
    explain                 why records are one thing, or are not
    coverage                which things each source knows: the gaps
    MatchingReporter        joins by rule, unmasked numbers, tags worth declaring
"""

from gateway.identity.coverage import Coverage, coverage
from gateway.identity.decision_file import InvalidDecisions, parse_decisions
from gateway.identity.decisions import Decisions
from gateway.identity.explain import MatchExplanation, explain
from gateway.identity.fair_comparison import PersonValue, PlaceValue, TermValue
from gateway.identity.matching import IdentityGroup, Matching, Steps, match, run
from gateway.identity.possible_matches import PossibleMatches, PossibleMatchPair
from gateway.identity.reconcile import ReconcilePolicy, RecordValues, conflicts, reconcile
from gateway.identity.record import IdentityRecord
from gateway.identity.report import MatchingReport, MatchingReporter
from gateway.identity.rules import Evidence, IdentityRule
from gateway.identity.unified_id import UNIFIED_SOURCE, find_things, serial_numbers, unified_id

__all__ = [
    "UNIFIED_SOURCE",
    "Coverage",
    "Decisions",
    "Evidence",
    "IdentityGroup",
    "IdentityRecord",
    "IdentityRule",
    "InvalidDecisions",
    "MatchExplanation",
    "Matching",
    "MatchingReport",
    "MatchingReporter",
    "PersonValue",
    "PlaceValue",
    "PossibleMatchPair",
    "PossibleMatches",
    "ReconcilePolicy",
    "RecordValues",
    "Steps",
    "TermValue",
    "conflicts",
    "coverage",
    "explain",
    "find_things",
    "match",
    "parse_decisions",
    "reconcile",
    "run",
    "serial_numbers",
    "unified_id",
]
