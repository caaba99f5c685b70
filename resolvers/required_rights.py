"""
Required rights of the schema's fields: the type whose records a field tells of. What is not declared here, and does not
say it by its own type, is refused to every caller with limited rights.
"""

from collections.abc import Mapping

from gateway.connector.description.vocabulary import TYPES

#: Root fields that tell of no record by themselves: what they lead to is decided for each record.
OF_NO_TYPE = frozenset({"Query.sources", "Query.node", "Query.nodes", "Query._entities", "Query._service"})

#: Types of root fields whose own type does not say it.
ROOT_FIELDS: Mapping[str, str] = {
    "Query.assetCounts": "Asset",
    "Query.ticketCounts": "Ticket",
    "Query.nextAssetTag": "Asset",
    "Query.softwareVersions": "SoftwareInstallation",
    "Query.buildStatistics": "Checklist",
    "Query.testResults": "Checklist",
    "Subscription.assetChanged": "Asset",
}

#: Types that are made of records of another.
MADE_OF: Mapping[str, str] = {
    "UnifiedAsset": "Asset",
    "AssetConflict": "Asset",
    "AssetCoverage": "Asset",
    "IdentityExplanation": "Asset",
    "PossiblePair": "Asset",
}


def record_type(type_name: str) -> str | None:
    """
    The type of the records that a type of the schema is of.

    >>> record_type("Asset"), record_type("UnifiedAsset"), record_type("PageInfo")
    ('Asset', 'Asset', None)
    """
    return type_name if type_name in TYPES else MADE_OF.get(type_name)
