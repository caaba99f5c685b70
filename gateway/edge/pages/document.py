"""Frame of a page: its head with the style sheet, and the Content-Security-Policy that allows nothing else."""

import base64
import hashlib
import html
from pathlib import Path

from starlette.responses import HTMLResponse

_STYLE = Path(__file__).with_name("style.css").read_text("utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page_response(title: str, body: str, *, status: int = 200) -> HTMLResponse:
    """A page. `body` is HTML in which all text from outside is escaped, `title` is text."""
    document = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )
    headers = {
        "cache-control": "no-store",
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "vary": "accept",
    }
    return HTMLResponse(document, status, headers=headers)
