"""ASGI middleware, a file each: API keys, the Host check, response headers, and the fast path past the router."""
