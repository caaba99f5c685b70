"""
Cache headers of a GraphQL response (RFC 9111): how long caches in between may keep it, and an entity tag for GET.

`max-age` is the least remaining freshness of what the response was made of, when it was made; `Age` is the time since
then, so that a response out of our own cache is kept no longer.
"""

import hashlib
import time
from typing import NamedTuple

from starlette.responses import Response

_CACHE_CONTROL = b"cache-control"
#: With these headers a GET of the same address has another answer.
_VARY = (b"vary", b"x-gateway-cost, x-gateway-explain")


class CachePolicy(NamedTuple):
    """Policy of caches: with `is_private` only the caller's own keeps responses, since rights shape them."""

    is_private: bool

    def apply(
        self,
        response: Response,
        freshness: tuple[float, float] | None,
        *,
        tags: bytes | None,
        is_get: bool,
        vary: bytes = b"",
    ) -> Response:
        """
        The response with its cache headers, or 304 for a GET whose `tags` (If-None-Match) name it. Without `freshness`
        it stays as it is, not to be stored. `vary` are further headers of requests that it depends on.
        """
        now = time.time()
        generated_at, expires_at = freshness or (now, now)
        if expires_at - now < 1:
            return response
        scope = b"private, " if self.is_private else b""
        headers = [
            (_CACHE_CONTROL, b"%smax-age=%d" % (scope, expires_at - generated_at)),
            (b"age", b"%d" % max(0, now - generated_at)),
        ]
        if vary:
            headers.append((b"vary", vary))
        headers += [header for header in response.raw_headers if header[0] != _CACHE_CONTROL]
        if is_get:
            tag = b'"%s"' % hashlib.blake2b(response.body, digest_size=12).hexdigest().encode()
            headers += [(b"etag", tag), _VARY]
            if _names(tags, tag):
                headers = [header for header in headers if not header[0].startswith(b"content-")]
                response = Response(status_code=304)
        response.raw_headers = headers
        return response


def _names(tags: bytes | None, tag: bytes) -> bool:
    """
    True if an If-None-Match header names an entity tag (RFC 9110, 13.1.2: compared weakly).

    >>> _names(b'"a", W/"b"', b'"b"'), _names(b"*", b'"b"'), _names(None, b'"b"')
    (True, True, False)
    """
    named = [] if tags is None else [part.strip().removeprefix(b"W/") for part in tags.split(b",")]
    return tag in named or b"*" in named
