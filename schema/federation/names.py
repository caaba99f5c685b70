"""Names with a prefix, so that they do not collide with those of other subgraphs: `ITLocation`, `itLocations`."""

from dataclasses import dataclass

from graphql import specified_scalar_types

ROOTS = ("Query", "Mutation", "Subscription")
#: Types that mean the same in every graph: scalars, and the two that Relay's clients look for by their names.
_SHARED = frozenset({*ROOTS, *specified_scalar_types, "Node", "PageInfo"})


@dataclass(frozen=True)
class Prefix:
    """
    A prefix of the names of types and root fields; none if empty.

    >>> Prefix("IT").type_name("Location"), Prefix("IT").type_name("PageInfo"), Prefix("").type_name("Order")
    ('ITLocation', 'PageInfo', 'Order')
    >>> Prefix("IT").root_field("order"), Prefix("Acme").root_field("order"), Prefix("").root_field("order")
    ('itOrder', 'acmeOrder', 'order')
    """

    text: str = ""

    def type_name(self, name: str) -> str:
        """The name of a type that is no scalar."""
        return name if name in _SHARED else f"{self.text}{name}"

    def root_field(self, name: str) -> str:
        """The name of a field of Query or Mutation."""
        if not self.text:
            return name
        start = self.text.lower() if self.text.isupper() else self.text[:1].lower() + self.text[1:]
        return f"{start}{name[:1].upper()}{name[1:]}"
