"""The directive `@defer` in a document: looked for, and taken out for an execution that does not know it."""

from graphql import REMOVE, DirectiveNode, DocumentNode, GraphQLDeferDirective
from graphql.language import BREAK, Visitor, VisitorAction, visit


def has_defer(document: DocumentNode) -> bool:
    """
    True if a fragment of the document is deferred anywhere, whatever `if` says.

    >>> from graphql import parse
    >>> has_defer(parse("{ ... @defer { name } }")), has_defer(parse("{ defer @skip(if: true) }"))
    (True, False)
    """
    visitor = _DeferDirectives(BREAK)
    visit(document, visitor)
    return visitor.is_present


def without_defer(document: DocumentNode) -> DocumentNode:
    """
    The document with the same fields, and nothing deferred.

    >>> from graphql import parse, print_ast
    >>> document = without_defer(parse("{ ... @include(if: true) @defer { name } }"))
    >>> " ".join(print_ast(document).split())
    '{ ... @include(if: true) { name } }'
    """
    changed: DocumentNode = visit(document, _DeferDirectives(REMOVE))
    return changed


class _DeferDirectives(Visitor):
    """Visitor with one action for each directive `@defer`."""

    def __init__(self, action: VisitorAction) -> None:
        super().__init__()
        self._action = action
        self.is_present = False

    def enter_directive(self, node: DirectiveNode, *_: object) -> VisitorAction:
        if node.name.value != GraphQLDeferDirective.name:
            return None
        self.is_present = True
        return self._action
