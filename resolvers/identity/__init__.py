"""
One thing, however many sources know it: unified assets, gaps, duplicates, conflicts, possible matches and reasons.
Gives `IDENTITY_RESOLVERS`, the resolvers of all of its fields.
"""

from collections.abc import Mapping

from resolvers.children import ChildConnection
from resolvers.field_resolver import FieldResolver
from resolvers.identity.conflict_lists import AssetConflictList
from resolvers.identity.coverages import CoverageResolver
from resolvers.identity.explanations import IdentityExplainer
from resolvers.identity.lookups import UnifiedAssetResolver, UnifiedResolver
from resolvers.identity.merged import ConflictsResolver, ProvenanceResolver, merged_fields
from resolvers.identity.possible import PossiblePairList, ThingMatches
from resolvers.identity.relations import ThingCall, ThingConnection, ThingList
from resolvers.identity.same_as import SameAsResolver
from resolvers.identity.unified_lists import DuplicateAssetList, UnifiedAssetList
from resolvers.sources import PerRecordCall

IDENTITY_RESOLVERS: Mapping[str, FieldResolver] = {
    "Query.unifiedAsset": UnifiedAssetResolver(),
    "Query.unifiedAssets": UnifiedAssetList(),
    "Query.assetCoverage": CoverageResolver(),
    "Query.duplicateAssets": DuplicateAssetList(),
    "Query.assetConflicts": AssetConflictList(),
    "Query.possibleMatches": PossiblePairList(),
    "Query.explainIdentity": IdentityExplainer(),
    "Asset.sameAs": SameAsResolver(),
    "Asset.sameAsConnection": SameAsResolver(is_paged=True),
    "Asset.unified": UnifiedResolver(),
    **merged_fields(),
    "UnifiedAsset.provenance": ProvenanceResolver(),
    "UnifiedAsset.conflicts": ConflictsResolver(),
    "UnifiedAsset.possibleMatches": ThingMatches(),
    "UnifiedAsset.tickets": ThingConnection(ChildConnection("Ticket", "assetId")),
    "UnifiedAsset.licences": ThingConnection(ChildConnection("Licence", "assetId", inside="licences")),
    "UnifiedAsset.checklists": ThingList(
        ThingConnection(ChildConnection("Checklist", "assetId", inside="checklists"))
    ),
    "UnifiedAsset.meterReadings": ThingConnection(ChildConnection("MeterReading", "assetId")),
    "UnifiedAsset.checkoutHistory": ThingCall(PerRecordCall("asset.history", [])),
}
