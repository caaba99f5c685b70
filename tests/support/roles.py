"""Callers with roles: a settings file with a key for each role, and requests with these keys."""

from pathlib import Path
from typing import Any

import httpx

from tests.support.gateway import Answer, Gateway


def roles_file(folder: Path, roles: str, *callers: tuple[str, str]) -> Path:
    """
    A settings file with these roles in TOML, and a key for each of `callers`: its name, and its roles with blanks
    between them.
    """
    keys = "".join(
        f'[[auth.keys]]\nname = "{name}"\nkey = "{key_of(name)}"\nroles = {given.split()!r}\n'
        for name, given in callers
    )
    path = folder / "gateway.toml"
    path.write_text(keys + roles)
    return path


def key_of(name: str) -> str:
    """The key of a caller."""
    return f"{name}-0123456789abcdef"


async def ask_as(gateway: Gateway, name: str, query: str, **variables: Any) -> Answer:
    """The answer to a caller's query. The gateway's calls are forgotten before."""
    gateway.upstreams.forget()
    response = await gateway.client.post(
        "/graphql", json={"query": query, "variables": variables}, headers=headers_of(name)
    )
    return Answer(response.status_code, response.json(), response.text)


async def get_as(gateway: Gateway, name: str, path: str, **headers: str) -> httpx.Response:
    """The response to a caller's GET."""
    return await gateway.client.get(path, headers=headers_of(name) | headers)


def headers_of(name: str) -> dict[str, str]:
    """The header with a caller's key."""
    return {"authorization": f"Bearer {key_of(name)}"}
