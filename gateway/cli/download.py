"""Download of the kept tables from a running gateway, as Parquet, for `asset-gateway export --from`."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from gateway.tables.columns import KEYS, ColumnKind, FlatColumn, FlatTable
from gateway.tables.export.request import ExportFault, ExportTable

#: Of one answer: the first one waits for a fill as long as the gateway's deadline is.
_SECONDS = 300.0
#: For a table that is being filled.
_WAIT_SECONDS = 7200.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_NAME = re.compile(r"[a-z][a-z_]{0,62}")
_LONGEST_PROBLEM = 64 * 1024


class TableDownload:
    """The tables of a gateway, downloaded into `folder`. `on_wait` is told why a table takes long."""

    def __init__(self, url: str, key: str | None, folder: Path, *, on_wait: Callable[[str], None]) -> None:
        self._url = url.rstrip("/")
        self._folder = folder
        self._on_wait = on_wait
        headers = {"authorization": f"Bearer {key}"} if key else {}
        try:
            self._client = httpx.Client(headers=headers, timeout=_SECONDS)
            self._client.build_request("GET", self._url)
            is_web = httpx.URL(self._url).scheme in {"http", "https"}
        except (httpx.InvalidURL, UnicodeError, TypeError) as exc:
            raise ExportFault("--from is a gateway's address such as https://assets.example.com") from exc
        if not is_web:
            raise ExportFault("--from is a gateway's address such as https://assets.example.com")

    def __enter__(self) -> Self:
        self._folder.mkdir()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.close()

    def all(self, names: Sequence[str]) -> tuple[list[ExportTable], list[str]]:
        """The tables of these names, and why others cannot be had. Raises ExportFault if the gateway is gone."""
        exported: list[ExportTable] = []
        faults: list[str] = []
        for name in names:
            downloaded = self._table(self.tables[name])
            if isinstance(downloaded, str):
                faults.append(downloaded)
            else:
                exported.append(downloaded)
        return exported, faults

    @cached_property
    def tables(self) -> Mapping[str, FlatTable]:
        """The tables that the gateway has. Raises ExportFault if it does not answer, or is none."""
        try:
            answer = self._client.get(f"{self._url}/tables", headers={"accept": "application/json"})
        except httpx.HTTPError as exc:
            raise self._unreachable(exc) from exc
        if answer.status_code != 200:
            raise ExportFault(f"--from: {_refusal(answer.status_code)}")
        try:
            described = msgspec.json.decode(answer.content)["tables"]
            return {
                table.name: table
                for table in (_parsed(entry) for entry in described if not entry.get("historyOf"))
            }
        except (ValueError, TypeError, KeyError) as exc:
            raise ExportFault("--from: the address answers, but not as a gateway of this release") from exc

    def _table(self, table: FlatTable) -> ExportTable | str:
        """The table; a text if it cannot be had. One that is being filled is waited for."""
        ends = time.monotonic() + _WAIT_SECONDS
        while True:
            path = self._folder / f"{table.name}.parquet"
            try:
                with self._client.stream("GET", f"{self._url}/tables/{table.name}.parquet") as answer:
                    if answer.status_code == 200:
                        with path.open("wb") as file:
                            for chunk in answer.iter_bytes():
                                file.write(chunk)
                        read = parsedate_to_datetime(answer.headers["last-modified"])
                        return ExportTable(table=table, path=path, filled_at=read)
                    problem = _problem(answer)
            except httpx.HTTPError as exc:
                raise self._unreachable(exc) from exc
            if (
                answer.status_code != 503
                or problem.get("title") != "Not ready yet"
                or time.monotonic() > ends
            ):
                return f"{table.name}: {problem.get('detail') or _refusal(answer.status_code)}"
            self._on_wait(str(problem.get("detail") or f"{table.name} is being filled"))
            time.sleep(_pause(answer.headers.get("retry-after", "")))

    def _unreachable(self, exc: httpx.HTTPError) -> ExportFault:
        host = httpx.URL(self._url).netloc.decode().rpartition("@")[2]
        return ExportFault(f"--from: {host} does not answer ({type(exc).__name__})")


def _parsed(described: Mapping[str, Any]) -> FlatTable:
    """A table as `/tables` describes it. Raises ValueError, TypeError or KeyError if it does not."""
    columns = tuple(
        FlatColumn(
            name=str(column["name"]),
            kind=ColumnKind(column["type"]),
            description=str(column["description"]),
            required=not column["nullable"],
            references=column["references"],
        )
        for column in described["columns"]
    )
    name = str(described["name"])
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a table's name: {name:.60}")
    names = {column.name for column in columns}
    return FlatTable(
        name=name,
        type=name,
        description=str(described["description"]),
        columns=columns,
        resource=name if names.issuperset(KEYS) else None,
    )


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    content = b""
    for chunk in answer.iter_bytes():
        content += chunk
        if len(content) > _LONGEST_PROBLEM:
            break
    try:
        problem = msgspec.json.decode(content)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _refusal(status: int) -> str:
    if status in {401, 403}:
        return "the gateway refuses the key: give one by --key or GATEWAY_KEY"
    return f"the gateway answered {status}"


def _pause(retry_after: str) -> float:
    """
    Seconds until the next try.

    >>> _pause("5"), _pause(""), _pause("100000")
    (5.0, 1.0, 60.0)
    """
    seconds = float(retry_after) if retry_after.isascii() and retry_after.isdecimal() else 0.0
    return max(_SHORTEST_PAUSE, min(_LONGEST_PAUSE, seconds))
