"""TLS certificate authorities: those of `SSL_CERT_FILE` and `SSL_CERT_DIR`, else those that browsers trust."""

import os
import ssl
from collections.abc import Mapping

import certifi


def names_authorities(environ: Mapping[str, str] = os.environ) -> bool:
    """True if the operator names authorities."""
    return bool(environ.get("SSL_CERT_FILE") or environ.get("SSL_CERT_DIR"))


def tls_context(environ: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """A context that verifies certificates and host names, from TLS 1.2 on. Raises OSError if a file is unusable."""
    file, folder = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    if file or folder:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    return ssl.create_default_context(cafile=certifi.where())
