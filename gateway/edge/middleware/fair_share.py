"""
Fair shares of HTTP requests: 429 for a caller who has used up its own, and what is left of it in the headers RateLimit
and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers).
"""

from collections.abc import Awaitable, Iterator

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.access.checked_policy import PolicyFailed
from gateway.access.fair_shares import FairShares, Share, ShareUsedUp
from gateway.edge.known_heads import forget_new_head
from gateway.edge.middleware.auth import caller_of, is_anonymous
from gateway.edge.responses import HttpProblem, problem_response


class LimitShares:
    """Refuse the requests of callers who have used up their shares. It stands behind the authentication."""

    def __init__(self, app: ASGIApp, *, shares: FairShares) -> None:
        self.app = app
        self.shares = shares

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on, or refuse it."""
        forget_new_head(scope)  # a policy is asked at each request
        is_counted = scope["type"] == "http" and not is_anonymous(scope)
        try:
            share = self.shares.of(caller_of(scope)) if is_counted else None
        except PolicyFailed as exc:
            return problem_response(HttpProblem(503, str(exc), code="INTERNAL"))(scope, receive, send)
        if share is None:
            return self.app(scope, receive, send)
        return self._within(share, scope, receive, send)

    async def _within(self, share: Share, scope: Scope, receive: Receive, send: Send) -> None:
        def send_with_share(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_headers(share)]
            return send(message)

        try:
            with self.shares.slot(share):
                await self.shares.begin(share)
                await self.app(scope, receive, send_with_share)
        except ShareUsedUp as exc:
            problem = HttpProblem(
                429, str(exc), code="RATE_LIMITED", headers={"retry-after": str(exc.seconds)}
            )
            await problem_response(problem)(scope, receive, send_with_share)


def _headers(share: Share) -> Iterator[tuple[bytes, bytes]]:
    states = list(share.states())
    if states:
        policies = (f'"{bucket.name}";q={bucket.quota:g};w={bucket.window:g}' for bucket, *_ in states)
        left_over = (f'"{bucket.name}";r={remaining};t={full_in}' for bucket, remaining, full_in in states)
        yield b"ratelimit-policy", ", ".join(policies).encode()
        yield b"ratelimit", ", ".join(left_over).encode()
