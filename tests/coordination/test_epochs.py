"""What another worker changed is not taken out of the cache, nor out of an answer under way."""

import asyncio
from pathlib import Path

import pytest

from gateway.coordination.file_epochs import FileEpochs
from gateway.upstream.caching.cache import LocalCache
from gateway.upstream.caching.operation_reads import OperationReads
from tests.support.vendor import Answer, Got, Write, as_json, listening
from tests.upstream.conftest import Open, ask, open_upstream  # noqa: F401 (a fixture)

OLD, NEW = [{"id": 1}], [{"id": 2}]


def budget() -> OperationReads:
    return OperationReads(calls=100, seconds=10)


async def test_what_one_wrote_the_other_reads_anew(open_upstream: Open, tmp_path: Path) -> None:  # noqa: F811
    async with listening(as_json(OLD), as_json(OLD), as_json({}), as_json(NEW)) as asked:
        ours, theirs = (
            open_upstream(asked.url, cache=LocalCache(epochs=FileEpochs(tmp_path))) for _ in range(2)
        )
        for _ in range(3):
            assert (
                await ask(ours, budget(), ttl_seconds=30)
                == await ask(theirs, budget(), ttl_seconds=30)
                == OLD
            )
        assert len(asked.got) == 2
        await ours.write("PUT", "/Asset/1", body={}, reads=budget())
        assert await ask(theirs, budget(), ttl_seconds=30) == NEW


@pytest.mark.parametrize("keep", [0.0, 30.0])
async def test_nobody_joins_what_was_asked_before_anothers_write(
    open_upstream: Open,  # noqa: F811
    tmp_path: Path,
    keep: float,
) -> None:
    late = asyncio.Event()

    async def slowly(got: Got, write: Write) -> None:
        await late.wait()
        await as_json(OLD)(got, write)

    answers: tuple[Answer, ...] = (slowly, as_json(NEW))
    async with listening(*answers) as asked:
        upstream = open_upstream(asked.url, cache=LocalCache(epochs=FileEpochs(tmp_path)))
        before = asyncio.create_task(ask(upstream, budget(), ttl_seconds=keep))
        while not asked.got:
            await asyncio.sleep(0.01)
        # another worker's
        FileEpochs(tmp_path).begin("acme")
        assert await ask(upstream, budget(), ttl_seconds=keep) == NEW
        late.set()
        assert await before == OLD
        if keep:
            assert await ask(upstream, budget(), ttl_seconds=keep) == NEW
            assert len(asked.got) == 2


def test_each_change_is_told_and_each_source_has_its_own(tmp_path: Path) -> None:
    ours, theirs = FileEpochs(tmp_path), FileEpochs(tmp_path)
    seen = {ours.now("acme")}
    for _ in range(50):
        theirs.begin("acme")
        assert ours.now("acme") == theirs.now("acme") >= 0
        seen.add(ours.now("acme"))
    assert len(seen) == 51
    assert ours.now("other") == 0
