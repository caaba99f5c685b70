"""The `Link` header of RFC 8288."""

import re

_NAME = r"[\w!#$%&'*+.^`|~-]+"
_PARAM = rf'\s*;\s*({_NAME})(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s",;]*))?'
_LINK = re.compile(rf"<([^<>]*)>((?:{_PARAM})*)")


def link_target(header: str | None, relation: str) -> str | None:
    """
    The target of the first link with a relation, as it is written: it may be relative to the request's address.

    >>> header = '<https://acme.example/a?page=2>; rel="next", <https://acme.example/a?page=9>; rel=last'
    >>> link_target(header, "next"), link_target(header, "prev"), link_target(None, "next")
    ('https://acme.example/a?page=2', None, None)
    >>> link_target('</a?x=1,2>; title="a; rel=next, b"; rel="prev first"', "next")
    >>> link_target('</a?x=1,2>; title="a, b"; REL="last Next"', "next")
    '/a?x=1,2'
    """
    for target, params, *_ in _LINK.findall(header or ""):
        for name, value in re.findall(_PARAM, params):
            if name.lower() == "rel":
                if relation in value.strip('"').lower().split():
                    return str(target)
                break  # RFC 8288: only the first `rel` of a link counts
    return None
