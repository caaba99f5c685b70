"""Rules of validation: the specification's and ours, with the context that they share."""

from collections.abc import Sequence

from graphql import (
    FragmentDefinitionNode,
    NoSchemaIntrospectionCustomRule,
    TypeInfoVisitor,
    ValidationContext,
    specified_rules,
    visit,
)
from graphql import validation as core
from graphql.validation import ASTValidationRule, OverlappingFieldsCanBeMergedRule
from graphql.validation.validate import FragmentNestingVisitor
from graphql.validation.validation_context import NodeWithSelectionSet, VariableUsage, VariableUsageVisitor
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

# Pairs of fields that may have to be compared; each takes about 2 µs.
_COMPARISONS = 25_000


class _BoundedOverlappingFields(OverlappingFieldsCanBeMergedRule):
    """The rule that takes quadratic time, with a bound on its comparisons."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = 2 * _COMPARISONS


class FragmentNesting(FragmentNestingVisitor):
    """The visitor that refuses fragments too deep for the rules, made as one of them."""

    def __init__(self, context: ValidationContext) -> None:
        definitions = context.document.definitions
        super().__init__(
            {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
        )


class AcyclicContext(ValidationContext):
    """The context of the rules, whose own visitors leave no cycles either."""

    def get_variable_usages(self, node: NodeWithSelectionSet) -> list[VariableUsage]:
        """The variables directly within an operation or a fragment."""
        usages = self._variable_usages.get(node)
        if usages is None:
            fragment = node if isinstance(node, FragmentDefinitionNode) else None
            usage_visitor = VariableUsageVisitor(self._type_info, fragment)
            visitor = TypeInfoVisitor(self._type_info, usage_visitor)
            visit(node, visitor)
            usages = self._variable_usages[node] = usage_visitor.usages
            for used in (usage_visitor, visitor):
                used.enter_leave_map.clear()
        return usages


Rule = type[ASTValidationRule] | type[FragmentNesting]

#: Rules that a document can break only if its text contains one of these strings. A rule costs up to 10 % of the rest.
ONLY_WITH: Sequence[tuple[frozenset[str], frozenset[Rule]]] = (
    (
        frozenset({"$"}),
        frozenset(
            {
                core.UniqueVariableNamesRule,
                core.NoUndefinedVariablesRule,
                core.NoUnusedVariablesRule,
                core.VariablesAreInputTypesRule,
                core.VariablesInAllowedPositionRule,
            }
        ),
    ),
    (
        frozenset({"@"}),
        frozenset(
            {
                core.KnownDirectivesRule,
                core.UniqueDirectivesPerLocationRule,
                core.DeferStreamDirectiveOnRootField,
                core.DeferStreamDirectiveOnValidOperationsRule,
                core.DeferStreamDirectiveLabel,
                core.StreamDirectiveOnListField,
            }
        ),
    ),
    (
        frozenset({"...", "fragment"}),
        frozenset(
            {
                core.FragmentsOnCompositeTypesRule,
                core.UniqueFragmentNamesRule,
                core.KnownFragmentNamesRule,
                core.NoUnusedFragmentsRule,
                core.PossibleFragmentSpreadsRule,
                core.NoFragmentCyclesRule,
                FragmentNesting,
            }
        ),
    ),
    (frozenset({"null"}), frozenset({MaybeNullValidationRule})),
)


def rules(*, introspection: bool) -> tuple[type[ASTValidationRule], ...]:
    """The rules that hold here; with `introspection` a document may ask for the schema itself."""
    ours = (_BoundedOverlappingFields, MaybeNullValidationRule, OneOfInputValidationRule)
    all_rules = (*(rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule), *ours)
    return all_rules if introspection else (*all_rules, NoSchemaIntrospectionCustomRule)
