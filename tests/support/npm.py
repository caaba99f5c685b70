"""Node.js and its registry, which tests of clients install from."""

import shutil
import subprocess

import pytest

_OLDEST = 20


def _node() -> int:
    """The major version of Node.js on this machine; 0 without it or without npm."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        return 0
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=30, check=False)
    return int(version.stdout.strip().lstrip("v").partition(".")[0] or 0)


needs_npm = pytest.mark.skipif(_node() < _OLDEST, reason=f"needs npm and Node.js {_OLDEST} or later")
