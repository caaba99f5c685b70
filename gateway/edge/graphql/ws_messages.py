"""Messages of the protocol graphql-transport-ws, as its document has them: a client's are checked, ours are encoded."""

from typing import Any, NamedTuple

import msgspec

from gateway.engine.encoder import ENCODER

#: Types of a client's messages, each with the parts that it must have.
_PARTS: dict[str, tuple[str, ...]] = {
    "connection_init": (),
    "ping": (),
    "pong": (),
    "subscribe": ("id", "payload"),
    "complete": ("id",),
}
_MAX_ID_CHARACTERS = 256


class InvalidMessage(Exception):
    """The message is not as the protocol's document says: it ends the connection with 4400."""


class ClientMessage(NamedTuple):
    """A client's message. `id` is its operation's, empty if it is about the connection."""

    type: str
    id: str
    payload: dict[str, Any]


def parse_message(text: str | None) -> ClientMessage:
    """
    The message of a frame's text; None stands for a binary frame. Raises InvalidMessage.

    >>> parse_message('{"type": "complete", "id": "1"}')
    ClientMessage(type='complete', id='1', payload={})
    """
    try:
        message = msgspec.json.decode(text or "")
    except (msgspec.DecodeError, RecursionError):
        raise InvalidMessage("A message is a JSON object, sent as text") from None
    if not isinstance(message, dict):
        raise InvalidMessage("A message is a JSON object, sent as text")
    kind, operation_id, payload = message.get("type"), message.get("id", ""), message.get("payload")
    parts = _PARTS.get(kind) if isinstance(kind, str) else None
    if parts is None or not isinstance(kind, str):
        raise InvalidMessage(f"The type of a message is one of {', '.join(_PARTS)}")
    if not isinstance(operation_id, str) or not (
        "id" not in parts or 0 < len(operation_id) <= _MAX_ID_CHARACTERS
    ):
        raise InvalidMessage(f"{kind} needs an id: text of 1 to {_MAX_ID_CHARACTERS} characters")
    if not isinstance(payload, dict) and ("payload" in parts or payload is not None):
        raise InvalidMessage("The payload is a JSON object")
    return ClientMessage(kind, operation_id, payload or {})


def encode_message(type_: str, operation_id: str = "", payload: Any = None) -> str:
    """
    The text of a message of ours. Raises TypeError, ValueError, OverflowError or RecursionError for a payload that JSON
    cannot hold.

    >>> encode_message("next", "1", {"data": None})
    '{"type":"next","id":"1","payload":{"data":null}}'
    """
    message: dict[str, Any] = {"type": type_}
    if operation_id:
        message["id"] = operation_id
    if payload is not None:
        message["payload"] = payload
    return ENCODER.encode(message).decode()
