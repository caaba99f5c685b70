"""What makes a document valid: the specification's rules and ours, run over it in one go."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    ValidationContext,
    specified_rules,
    validate,
)
from graphql import validation as core
from graphql.language import BREAK, SKIP, Visitor
from graphql.language.visitor import EnterLeaveVisitor
from graphql.validation import ASTValidationRule, OverlappingFieldsCanBeMergedRule
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

# Pairs of fields that may have to be compared; each takes about 2 µs.
_COMPARISONS = 25_000

#: What cannot be broken by a document in whose text none of these signs stands. A rule costs up to a tenth of the rest.
_ONLY_WITH: Sequence[tuple[frozenset[str], frozenset[type[ASTValidationRule]]]] = (
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
            }
        ),
    ),
    (frozenset({"null"}), frozenset({MaybeNullValidationRule})),
)

Method = Callable[..., Any]
_Named = tuple[tuple[int, str], ...]  # (which rule, the name of its method)


class _FewComparisons(OverlappingFieldsCanBeMergedRule):
    """The one rule that takes quadratic time, ended early."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = 2 * _COMPARISONS


def rules(*, introspection: bool) -> tuple[type[ASTValidationRule], ...]:
    """The rules that hold here; with `introspection` a document may ask for the schema itself."""
    ours = (_FewComparisons, MaybeNullValidationRule, OneOfInputValidationRule)
    all_of_them = (*(rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule), *ours)
    return all_of_them if introspection else (*all_of_them, NoSchemaIntrospectionCustomRule)


class Validation:
    """
    Several rules as one visitor, and of these only what a document can break at all.

    graphql-core asks every rule about every kind of node anew for each document, which takes longer than the rules
    themselves. Here that is asked once: which rule has a method for which kind.
    """

    def __init__(self, rules: Sequence[type[ASTValidationRule]]) -> None:
        self._rules = tuple(rules)
        self._chosen: dict[Sequence[bool], _Rules] = {}

    def errors(self, schema: GraphQLSchema, document: DocumentNode, *, most: int) -> list[GraphQLError]:
        """What is wrong with a document: `most` errors, and then the one that says that there are more."""
        assert document.loc is not None
        chosen = self._choose(document.loc.source.body)
        rule = cast("type[ASTValidationRule]", chosen.visitor)  # validate() calls it, and no more
        return validate(schema, document, [rule], max_errors=most)

    def _choose(self, text: str) -> "_Rules":
        has = tuple(any(sign in text for sign in signs) for signs, _ in _ONLY_WITH)
        found = self._chosen.get(has)
        if found is None:
            needless = {
                rule for there, (_, only) in zip(has, _ONLY_WITH, strict=True) if not there for rule in only
            }
            found = self._chosen[has] = _Rules([rule for rule in self._rules if rule not in needless])
        return found


class _Rules:
    """Rules, and which of them has a method for which kind of node."""

    def __init__(self, rules: Sequence[type[ASTValidationRule]]) -> None:
        self._rules = rules
        self._methods: dict[str, tuple[_Named, _Named]] = {}  # by kind of node, of which there are few

    def visitor(self, context: ValidationContext) -> "_Together":
        """The rules, to go over one document."""
        return _Together(self, [rule(context) for rule in self._rules])

    def methods(self, kind: str) -> tuple[_Named, _Named]:
        """The rules with a method for entering a kind of node, and those for leaving it."""
        found = self._methods.get(kind)
        if found is None:
            found = self._methods[kind] = (self._named("enter", kind), self._named("leave", kind))
        return found

    def _named(self, when: str, kind: str) -> _Named:
        """Each rule's own method for the kind, or the one that it has for all kinds."""
        return tuple(
            (at, name)
            for at, rule in enumerate(self._rules)
            for name in [next((one for one in (f"{when}_{kind}", when) if hasattr(rule, one)), None)]
            if name is not None
        )


class _Together(Visitor):
    """The rules on one document. A rule that leaves out a node is not asked again before that node is left."""

    def __init__(self, rules: _Rules, visitors: Sequence[Visitor]) -> None:
        super().__init__()
        self._rules = rules
        self._visitors = visitors
        self._away = [False] * len(visitors)
        self._back: dict[int, list[int]] = {}  # by the node that they left out

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        """The methods for a kind of node, or none where no rule looks at it."""
        found = self.enter_leave_map.get(kind)
        if found is None:
            enters, leaves = (
                [(at, getattr(self._visitors[at], name)) for at, name in named]
                for named in self._rules.methods(kind)
            )
            found = EnterLeaveVisitor(
                self._enter(enters) if enters else None, self._leave(leaves) if enters or leaves else None
            )
            self.enter_leave_map[kind] = found
        return found

    def _enter(self, methods: Sequence[tuple[int, Method]]) -> Method:
        away, back = self._away, self._back

        def enter(node: Any, *args: Any) -> None:
            for at, method in methods:
                if away[at]:
                    continue
                result = method(node, *args)
                if result is None:
                    continue
                away[at] = True
                if result is SKIP or result is False:
                    back.setdefault(id(node), []).append(at)
                else:
                    assert result is BREAK, "a rule that changes the document"

        return enter

    def _leave(self, methods: Sequence[tuple[int, Method]]) -> Method:
        away, back = self._away, self._back

        def leave(node: Any, *args: Any) -> None:
            for at, method in methods:
                if not away[at] and method(node, *args) is BREAK:
                    away[at] = True
            for at in back.pop(id(node), ()) if back else ():
                away[at] = False

        return leave
