"""Callers: who sends a request. Gives `Caller`, and `Authenticator`, which identifies them by their credentials."""

from gateway.access.authenticator import Authenticator
from gateway.access.caller import Caller, InvalidCredential

__all__ = ["Authenticator", "Caller", "InvalidCredential"]
