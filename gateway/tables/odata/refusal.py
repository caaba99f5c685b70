"""Refusals of OData requests, with the HTTP status and the code of OData's error object."""


class ODataRefusal(Exception):
    """A request that is not answered with data. `message` says what to do."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def bad_request(message: str) -> ODataRefusal:
    """400: the request is not OData, or not about this model."""
    return ODataRefusal(400, "BadRequest", message)


def not_implemented(message: str) -> ODataRefusal:
    """501: the request is OData, of a part that is not served. Clients do such steps themselves."""
    return ODataRefusal(501, "NotImplemented", message)
