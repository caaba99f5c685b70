"""
Bearer tokens (JWT, RFC 7519) of an OpenID Connect issuer: its keys, and the callers that its tokens tell of.

Loaded only where an issuer is configured.
"""
