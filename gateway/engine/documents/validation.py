"""Validation of documents: all rules in one visit, which leaves no cycles."""

from collections.abc import Callable, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    ValidationContext,
    visit,
)
from graphql.language import BREAK, SKIP, Visitor
from graphql.language.visitor import EnterLeaveVisitor
from graphql.validation import ASTValidationRule
from graphql.validation.validate import ValidationAbortedError, query_document_keys_to_validate

from gateway.engine.documents.validation_rules import ONLY_WITH, AcyclicContext, FragmentNesting, Rule
from gateway.errors import drop_traceback

Method = Callable[..., Any]
_MethodNames = tuple[tuple[int, str], ...]  # (index of the rule, name of its method)


class Validation:
    """
    Rules as one visitor, and of these only the rules that a document can break at all.

    graphql-core looks up every rule's methods for every kind of node anew for each document, which takes longer than
    the rules themselves. Here they are looked up once.
    """

    def __init__(self, rules: Sequence[type[ASTValidationRule]]) -> None:
        self._rules: Sequence[Rule] = (FragmentNesting, *rules)
        self._chosen: dict[Sequence[bool], _Rules] = {}

    def errors(self, schema: GraphQLSchema, document: DocumentNode, *, most: int) -> list[GraphQLError]:
        """
        Validation errors: at most `most`, and then a ValidationAbortedError if there are more.

        The same as graphql-core's `validate`, whose visitors would have to be freed by a garbage collection.
        """
        assert document.loc is not None
        errors: list[GraphQLError] = []

        def on_error(error: GraphQLError) -> None:
            if len(errors) >= most:
                raise ValidationAbortedError(
                    "Too many validation errors, error limit reached. Validation aborted."
                )
            errors.append(error)

        type_info = TypeInfo(schema)
        context = AcyclicContext(schema, document, type_info, on_error)
        combined = self._choose(document.loc.source.body).visitor(context)
        visitor = TypeInfoVisitor(type_info, combined)
        try:
            visit(document, visitor, query_document_keys_to_validate)
        except ValidationAbortedError as exc:
            drop_traceback(exc)
            errors.append(exc)
        except RecursionError:
            errors.append(ValidationAbortedError("Validation aborted."))
        finally:
            combined.close()
            visitor.enter_leave_map.clear()
        return errors

    def _choose(self, text: str) -> "_Rules":
        present = tuple(any(sign in text for sign in signs) for signs, _ in ONLY_WITH)
        chosen = self._chosen.get(present)
        if chosen is None:
            needless = {
                rule
                for is_present, (_, only) in zip(present, ONLY_WITH, strict=True)
                if not is_present
                for rule in only
            }
            chosen = self._chosen[present] = _Rules([rule for rule in self._rules if rule not in needless])
        return chosen


class _Rules:
    """Rules, and their visitor methods by kind of node."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        # By kind of node: graphql-core has about 70.
        self._methods: dict[str, tuple[_MethodNames, _MethodNames]] = {}

    def visitor(self, context: ValidationContext) -> "_CombinedVisitor":
        """A visitor that runs the rules on one document."""
        return _CombinedVisitor(self, [rule(context) for rule in self._rules])

    def methods(self, kind: str) -> tuple[_MethodNames, _MethodNames]:
        """The rules' methods for entering a kind of node, and those for leaving it."""
        methods = self._methods.get(kind)
        if methods is None:
            methods = self._methods[kind] = (
                self._method_names("enter", kind),
                self._method_names("leave", kind),
            )
        return methods

    def _method_names(self, when: str, kind: str) -> _MethodNames:
        """Each rule's own method for the kind, or its method for all kinds."""
        return tuple(
            (index, name)
            for index, rule in enumerate(self._rules)
            for name in [next((method for method in (f"{when}_{kind}", when) if hasattr(rule, method)), None)]
            if name is not None
        )


class _CombinedVisitor(Visitor):
    """The rules on one document. A rule that skips a node is inactive until it is left; after BREAK, to the end."""

    def __init__(self, rules: _Rules, visitors: Sequence[Visitor]) -> None:
        super().__init__()
        self._rules = rules
        self._visitors = visitors
        self._inactive = [False] * len(visitors)
        self._reactivate: dict[int, list[int]] = {}  # indices of rules, by the id of the node that they skip

    def close(self) -> None:
        """Break the cycles between the rules and their methods, so that no garbage collection is needed for them."""
        self.enter_leave_map.clear()
        for visitor in self._visitors:
            vars(visitor).clear()

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        """The methods for a kind of node; None if no rule has any."""
        methods = self.enter_leave_map.get(kind)
        if methods is None:
            enters, leaves = (
                [(index, getattr(self._visitors[index], name)) for index, name in method_names]
                for method_names in self._rules.methods(kind)
            )
            methods = EnterLeaveVisitor(
                self._enter_method(enters) if enters else None,
                self._leave_method(leaves) if enters or leaves else None,
            )
            self.enter_leave_map[kind] = methods
        return methods

    def _enter_method(self, methods: Sequence[tuple[int, Method]]) -> Method:
        inactive, reactivate = self._inactive, self._reactivate

        def enter(node: Any, *args: Any) -> None:
            for index, method in methods:
                if inactive[index]:
                    continue
                result = method(node, *args)
                if result is None:
                    continue
                inactive[index] = True
                if result is SKIP or result is False:
                    reactivate.setdefault(id(node), []).append(index)
                else:
                    assert result is BREAK, "a rule that changes the document"

        return enter

    def _leave_method(self, methods: Sequence[tuple[int, Method]]) -> Method:
        inactive, reactivate = self._inactive, self._reactivate

        def leave(node: Any, *args: Any) -> None:
            for index, method in methods:
                if not inactive[index] and method(node, *args) is BREAK:
                    inactive[index] = True
            for index in reactivate.pop(id(node), ()) if reactivate else ():
                inactive[index] = False

        return leave
