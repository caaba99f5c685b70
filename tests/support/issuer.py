"""A small OpenID Connect issuer over a socket, whose keys rotate and whose answers can be spoilt."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

AUDIENCE = "asset-gateway"

#: The status and the body of an answer to a path.
Reply = tuple[int, bytes]


class Issuer:
    """An issuer at `url`. `spoil` may answer a request in its place."""

    def __init__(self) -> None:
        self.url = ""
        self.keys: dict[str, RSAKey | ECKey] = {"first": ECKey.generate_key("P-256", {"kid": "first"})}
        self.requests: list[str] = []
        self.spoil: Callable[[str], Awaitable[Reply | None]] | None = None

    def rotate(self, kid: str, *, keep: bool = False) -> None:
        """Sign with a new key from now on; without `keep` the old ones are withdrawn."""
        key = ECKey.generate_key("P-256", {"kid": kid})
        self.keys = {**(self.keys if keep else {}), kid: key}

    def token(self, *, kid: str | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that is valid for five minutes, unless `claims` say otherwise; None leaves a claim out."""
        kid = kid or next(reversed(self.keys))
        now = int(time.time())
        every = {"iss": self.url, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 300, **claims}
        said = {name: value for name, value in every.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": kid, **(header or {})}, said, self.keys[kid])

    async def reply(self, path: str) -> Reply:
        self.requests.append(path)
        if self.spoil is not None and (reply := await self.spoil(path)) is not None:
            return reply
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/keys"}).encode()
        public = [key.as_dict(private=False) for key in self.keys.values()]
        return 200, json.dumps({"keys": public}).encode()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            status, body = await self.reply(head.split(b" ")[1].decode())
            writer.write(
                b"HTTP/1.1 %d x\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (status, len(body))
            )
            writer.write(body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def running_issuer() -> AsyncIterator[Issuer]:
    """An issuer that listens on a port of its own."""
    issuer = Issuer()
    server = await asyncio.start_server(issuer._serve, "127.0.0.1", 0)
    issuer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield issuer
    finally:
        server.close()
