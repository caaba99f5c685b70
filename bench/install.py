"""Installs what is measured against, below `bench/`: nothing of the machine's own is changed."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
MADE = HERE / ".made"
PEERS = HERE / "peers"
#: The C library that Tailcall's binary is linked against; Debian 12 has 2.36.
_TAILCALL_GLIBC = (2, 39)
_NEWER_DEBIAN = "trixie"
_PYTHON_PACKAGES = (
    *(
        "libc6",
        "libgcc-s1",
        "libstdc++6",
        "libpython3.13-minimal",
        "libpython3.13-stdlib",
        "python3.13-minimal",
    ),
    *(
        "libbz2-1.0",
        "libexpat1",
        "libffi8",
        "liblzma5",
        "libsqlite3-0",
        "libssl3t64",
        "libuuid1",
        "zlib1g",
        "libzstd1",
    ),
)


class NotInstalled(Exception):
    """It cannot be had here. Says why."""


def nginx() -> str:
    """An nginx: the machine's, or Debian's package unpacked without installing it, so that no service starts."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if found is not None:
        return found
    unpacked = MADE / "nginx"
    binary = unpacked / "usr/sbin/nginx"
    if not binary.exists():
        _unpack(["nginx"], unpacked)
    return str(binary)


def npm(peer: str) -> Path:
    """A peer's folder with exactly the packages of its lock."""
    folder = PEERS / peer
    lock, done = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
        _run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder)
        done.touch()
    return folder


def tailcall() -> list[str]:
    """The command that runs Tailcall, with a newer loader and C library beside it where the machine's are too old."""
    binary = npm("tailcall") / "node_modules/@tailcallhq/core-linux-x64-gnu/bin/tailcall"
    binary.chmod(0o755)
    version = platform.libc_ver()[1]
    if tuple(int(part) for part in version.split(".")[:2]) >= _TAILCALL_GLIBC:
        return [str(binary)]
    return _with_newer_libraries(binary, MADE / "glibc", ["libc6", "libgcc-s1"])


def image_python() -> list[str]:
    """
    The command that runs Python 3.13 built with PGO and LTO, as the image has it: Debian 13's, unpacked, with the
    gateway's locked packages beside it.
    """
    home = MADE / "python"
    command = _with_newer_libraries(home / "usr/bin/python3.13", home, _PYTHON_PACKAGES)
    wanted = HERE.parent / "requirements/runtime.txt"
    packages, done = MADE / "python-site", MADE / "python-site.txt"
    if not done.exists() or done.read_text() != wanted.read_text():
        uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--no-deps"]
        _run([*uv, "--python-version", "3.13", "--target", str(packages), "-r", str(wanted)])
        # the gateway itself is run from this folder, and looks for its own version
        for metadata in Path(sys.prefix).glob("lib/python*/site-packages/asset_gateway-*.dist-info"):
            shutil.copytree(metadata, packages / metadata.name, dirs_exist_ok=True)
        compile_modules(command, [packages, home / "usr/lib/python3.13"], image_environment())
        shutil.copy(wanted, done)
    return command


def compile_modules(
    python: Sequence[str], folders: Sequence[Path], env: Mapping[str, str] | None = None
) -> None:
    """Writes the bytecode of all modules in the folders, as pip does when it installs a package."""
    _run([*python, "-m", "compileall", "-qq", *map(str, folders)], env=env)


def image_environment() -> Mapping[str, str]:
    """The environment in which that Python finds its own modules and the packages."""
    return {"PYTHONHOME": str(MADE / "python/usr"), "PYTHONPATH": str(MADE / "python-site")}


def _with_newer_libraries(binary: Path, unpacked: Path, packages: Sequence[str]) -> list[str]:
    """The command that runs a binary by the loader and libraries of a newer Debian's packages, unpacked."""
    libraries = unpacked / "usr/lib/x86_64-linux-gnu"
    loader = libraries / "ld-linux-x86-64.so.2"
    if not loader.exists():
        _unpack(packages, unpacked, suite=_NEWER_DEBIAN)
    return [str(loader), "--library-path", str(libraries), str(binary)]


def strawberry() -> str:
    """The Python of a virtual environment with the plain stack."""
    wanted = PEERS / "strawberry/requirements.txt"
    home = MADE / "strawberry"
    python, done = home / "bin/python", home / "installed.txt"
    if not done.exists() or done.read_text() != wanted.read_text():
        _run([sys.executable, "-m", "venv", "--clear", str(home)])
        _run(
            [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "-r", str(wanted)]
        )
        shutil.copy(wanted, done)
    return str(python)


def compose(hive: Path, supergraph: Path, upstream: str) -> None:
    """What Hive Gateway serves, composed by Mesh."""
    node = ["node", "node_modules/.bin/mesh-compose", "-c", "mesh.config.mjs", "-o", str(supergraph)]
    _run(node, cwd=hive, env={"UPSTREAM": upstream})


def _unpack(packages: Sequence[str], into: Path, *, suite: str | None = None) -> None:
    """Debian packages unpacked below `into`, of the machine's own suite or of another from the same mirror."""
    downloads = into.with_name(f"{into.name}-packages")
    (downloads / "lists/partial").mkdir(parents=True, exist_ok=True)
    options: list[str] = []
    if suite is not None:
        sources = downloads / "sources.list"
        sources.write_text(f"deb {_mirror()} {suite} main\n")
        options = [
            "-o",
            f"Dir::Etc::sourcelist={sources}",
            "-o",
            "Dir::Etc::sourceparts=/dev/null",
            "-o",
            f"Dir::State::lists={downloads}/lists",
            "-o",
            f"Dir::Cache={downloads}",
        ]
    _run(["apt-get", *options, "update"])
    _run(["apt-get", *options, "download", *packages], cwd=downloads)
    for package in sorted(downloads.glob("*.deb")):
        _run(["dpkg-deb", "-x", str(package), str(into)])


def _mirror() -> str:
    """The address of the mirror that the machine has Debian itself from."""
    asked = ["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)", "Identifier: Packages"]
    own = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    for line in _run(asked).splitlines():
        codename, _, address = line.partition(" ")
        if codename == own:
            return address
    raise NotInstalled("this machine has no mirror of Debian")


def _run(command: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    whole = {**os.environ, **(env or {})}
    try:
        done = subprocess.run(
            command, cwd=cwd, env=whole, capture_output=True, text=True, timeout=900, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise NotInstalled(f"{' '.join(command[:3])}: {exc}") from exc
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise NotInstalled(f"{' '.join(command[:3])}: {' '.join(said)}")
    return done.stdout
