"""A vendor's own parameters of a list: what only the vendor can find, asked of it under its own names."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from gateway.connector.description.ids import shown
from gateway.connector.description.resource import NUMBER, Filter
from gateway.connector.description.row_types import Params
from gateway.errors import BadInput

#: The name of the filter in the vocabulary.
FILTER = "vendorParameters"
_LONGEST = 500

Check = Callable[[str], bool]


def own_parameters(checks: Mapping[str, Check], *, together: tuple[str, ...] = ()) -> Filter:
    """
    The parameters of its list that a vendor documents, each with what its values have to be.

    Those in `together` mean something only all together. Which records belong is the vendor's word: it is not checked
    here.

    >>> rule = own_parameters({"serial_number": is_text})
    >>> rule.push("eq", packed({"serial_number": "5CG0"}))
    {'serial_number': '5CG0'}
    """

    def push(_: str, asked: Any) -> Params:
        params: Params = json.loads(asked)
        for name, value in params.items():
            check = checks.get(name)
            if check is None:
                raise BadInput(
                    f"This vendor's list has no parameter {shown(name)} here: it has {', '.join(sorted(checks))}."
                )
            if not check(value):
                raise BadInput(f"The vendor's parameter {name} cannot be {shown(value)}.")
        given = [name for name in together if name in params]
        if given and len(given) < len(together):
            raise BadInput(f"The vendor's parameters {', '.join(together)} are given all together.")
        return params

    return Filter(push=push, exact=True, membership=True)


def encode_parameters(parameters: Any) -> str:
    """The parameters as one text, the same for the same ones. Raises BadInput where they are none."""
    if not isinstance(parameters, Mapping) or not parameters:
        raise BadInput(f'`{FILTER}` takes names and values, such as {{serial_number: "5CG0"}}.')
    params: dict[str, str] = {}
    for name, value in parameters.items():
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise BadInput(f"The vendor's parameter {shown(str(name))} takes text or a whole number.")
        params[str(name)] = str(value)
    return json.dumps(params, sort_keys=True)


def is_text(value: str) -> bool:
    """Whether it is text with something in it, and nothing that no form field could hold."""
    return len(value.strip()) > 0 and len(value) <= _LONGEST and value.isprintable()


def is_number(value: str) -> bool:
    """Whether it is an id of the usual form."""
    return NUMBER.fullmatch(value) is not None
