"""The pipeline at work, in virtual time over a real control database: stored first, sent once, tried again, isolated."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from random import Random

import pytest

from tests.unit.alerting.test_pipeline import HOUR, MINUTE, T0, S, alert, matchers
from tests.virtual_time import run_inline, run_virtually
from vedette.alerting.pipeline.core import IntegrationName, PipelineConfig
from vedette.alerting.pipeline.shell import Rules, Shell, Surroundings
from vedette.alerting.pipeline.silences import Silence, SilenceId
from vedette.alerting.pipeline.turns import WAIT_S
from vedette.alerting.routing.routes import RouteSpec, build_routes
from vedette.model.errors import Forbidden, NotFound, NotSent, QueueFull, StoreUnavailable
from vedette.model.limits import AlertLimits
from vedette.ports.principal import SYSTEM, Principal
from vedette.store.control import open_control

ROOT = RouteSpec("default", group_by=("alertname",), group_wait_ms=S, group_interval_ms=MINUTE, repeat_interval_ms=HOUR)


class Sink:
    """An integration that remembers, and does what `behave` says."""

    kind, send_resolved = "webhook", True

    def __init__(self, clock, index=0, behave=None):
        self.clock, self.index, self.behave, self.sent = clock, index, behave, []

    async def notify(self, notification):
        if self.behave:
            await self.behave(notification)
        names = [("-" if one.resolved_at(notification.now_ms) else "") + one.name for one in notification.alerts]
        self.sent.append((round((self.clock.now_ms() - T0) / S, 1), names))
        return {"thread": str(len(self.sent)), **notification.kept}

    async def close(self):
        pass


def rules(*sinks, root=ROOT):
    names = tuple(IntegrationName(sink.kind, sink.index, sink.send_resolved) for sink in sinks)
    integrations = {("default", sink.kind, sink.index): sink for sink in sinks}
    return Rules(PipelineConfig(build_routes(root), {"default": names}), integrations)


@asynccontextmanager
async def running(store, clock, *sinks, limits=None, io=run_inline, **rest):
    ids = iter(range(1000))
    around = Surroundings(
        store, clock, run_inline, io, Random(1), lambda: f"id-{next(ids)}", SYSTEM.tenant,
        limits=limits or AlertLimits(), **rest,
    )  # fmt: skip
    shell = Shell(around, rules(*sinks))
    await shell.start()
    task = asyncio.create_task(shell.run())
    try:
        yield shell
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def store(tmp_path):
    database = open_control(tmp_path)
    yield database
    database.close()


def test_what_was_sent_before_a_restart_is_not_repeated_and_what_was_due_is_sent(store):
    async def main(clock):
        first, second = Sink(clock), Sink(clock)
        async with running(store, clock, first) as shell:
            await shell.post(SYSTEM, [alert("a")])
            await asyncio.sleep(2)
            await shell.post(SYSTEM, [alert("b", starts=T0 + 2 * S)])
        async with running(store, clock, second):
            await asyncio.sleep(5)
        return first.sent, second.sent

    assert run_virtually(main, T0) == ([(1.0, ["a"])], [(3.0, ["b"])])


def test_an_end_told_by_nobody_before_a_restart_is_told_after_it(store):
    async def main(clock):
        first, second = Sink(clock), Sink(clock)
        async with running(store, clock, first) as shell:
            await shell.post(SYSTEM, [alert("a")])
            await asyncio.sleep(2)
            await shell.post(SYSTEM, [alert("a", ends=clock.now_ms(), updated=clock.now_ms())])
        async with running(store, clock, second):
            await asyncio.sleep(120)
        return second.sent

    assert [names for _, names in run_virtually(main, T0)] == [["-a"]]


def test_a_receiver_that_hangs_delays_its_sibling_not_at_all_and_other_groups_by_the_wait_for_a_turn_at_most(store):
    async def main(clock):
        async def hang(notification):
            if dict(notification.group_labels)["alertname"] == "a":
                await asyncio.sleep(HOUR)

        hanging, healthy = Sink(clock, 0, hang), Sink(clock, 1)
        async with running(store, clock, hanging, healthy) as shell:
            await shell.post(SYSTEM, [alert("a"), alert("b"), alert("c")])
            await asyncio.sleep(10)
            await shell.post(SYSTEM, [alert("d")])
            await asyncio.sleep(40)
        return hanging.sent, healthy.sent

    hanging, healthy = run_virtually(main, T0)
    assert sorted(hanging) == [(1.0 + WAIT_S, ["b"]), (1.0 + WAIT_S, ["c"]), (10.0, ["d"])]
    assert healthy == [(1.0, ["a"]), (1.0, ["b"]), (1.0, ["c"]), (10.0, ["d"])]


def test_the_next_group_is_told_when_the_one_before_is_logged(store):
    async def main(clock):
        unlogged, most = set(), 0
        sent = asyncio.Event()

        async def note(notification):
            nonlocal most
            unlogged.add(notification.group_key)
            most = max(most, len(unlogged))
            await asyncio.sleep(0.01)
            if len(sink.sent) == 19:
                sent.set()

        async def keep_slowly(work):
            await asyncio.sleep(0.02)
            kept = work()
            unlogged.difference_update(row.group_key for row in store.since(SYSTEM.tenant, 0).log)
            return kept

        sink = Sink(clock, 0, note)
        async with running(store, clock, sink, io=keep_slowly) as shell:
            await shell.post(SYSTEM, [alert(f"alert-{number}") for number in range(20)])
            await sent.wait()
        return most, len(sink.sent)

    assert run_virtually(main, T0) == (1, 20)


def test_a_failed_try_is_made_again_with_growing_waits_until_it_succeeds(store):
    tries = []

    async def main(clock):
        async def fail_five_times(notification):
            tries.append(clock.monotonic_s())
            if len(tries) <= 5:
                raise NotSent("status 500", retry=True, reason="serverError")

        sink = Sink(clock, 0, fail_five_times)
        async with running(store, clock, sink) as shell:
            await shell.post(SYSTEM, [alert("a")])
            await asyncio.sleep(50)
        return sink.sent

    sent = run_virtually(main, T0)
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert len(sent) == 1
    for number, wait in enumerate(waits):
        assert 0.25 * 1.5**number <= wait <= 0.75 * 1.5**number


def test_a_receiver_that_says_when_is_not_asked_earlier(store):
    tries = []

    async def main(clock):
        async def too_many(_):
            tries.append(clock.monotonic_s())
            if len(tries) == 1:
                raise NotSent("status 429", retry=True, after_s=20, reason="clientError")

        async with running(store, clock, Sink(clock, 0, too_many)) as shell:
            await shell.post(SYSTEM, [alert("a")])
            await asyncio.sleep(50)

    run_virtually(main, T0)
    assert tries == [1.0, 21.0]


def test_what_cannot_be_sent_is_not_tried_again_before_the_next_interval(store):
    tries = []

    async def main(clock):
        async def refuse(_):
            tries.append(clock.monotonic_s())
            raise NotSent("status 400", retry=False, reason="clientError")

        async with running(store, clock, Sink(clock, 0, refuse)) as shell:
            await shell.post(SYSTEM, [alert("a")])
            await asyncio.sleep(100)

    run_virtually(main, T0)
    assert tries == [1.0, 61.0]


def test_an_integration_that_breaks_is_a_failed_attempt_and_no_more(store):
    async def main(clock):
        async def explode(_):
            raise ZeroDivisionError

        broken, healthy = Sink(clock, 0, explode), Sink(clock, 1)
        async with running(store, clock, broken, healthy) as shell:
            await shell.post(SYSTEM, [alert("a")])
            await asyncio.sleep(5)
        return healthy.sent

    assert run_virtually(main, T0) == [(1.0, ["a"])]


def test_what_an_integration_gives_back_comes_again_until_the_group_begins_anew(store):
    kept = []

    async def main(clock):
        async def look(notification):
            kept.append(dict(notification.kept))

        async with running(store, clock, Sink(clock, 0, look)) as shell:
            await shell.post(SYSTEM, [alert("a")])
            await asyncio.sleep(2)
            await shell.post(SYSTEM, [alert("a", x="1")])
            await asyncio.sleep(60)
            ended = [alert(*one, ends=clock.now_ms(), updated=clock.now_ms()) for one in [("a",)]]
            ended.append(alert("a", x="1", ends=clock.now_ms(), updated=clock.now_ms()))
            await shell.post(SYSTEM, ended)
            await asyncio.sleep(60)
            await shell.post(SYSTEM, [alert("a", starts=clock.now_ms())])
            await asyncio.sleep(60)

    run_virtually(main, T0)
    assert kept == [{}, {"thread": "1"}, {"thread": "1"}, {}]


def test_a_reload_cancels_what_is_under_way_and_sends_it_anew(store):
    async def main(clock):
        async def hang(_):
            await asyncio.sleep(HOUR)

        old, new = Sink(clock, 0, hang), Sink(clock, 0)
        async with running(store, clock, old) as shell:
            await shell.post(SYSTEM, [alert("a")])
            await asyncio.sleep(5)
            await shell.apply(rules(new))
            await asyncio.sleep(5)
        return old.sent, new.sent

    assert run_virtually(main, T0) == ([], [(5.0, ["a"])])


def test_silences_survive_a_restart_and_changing_their_matchers_makes_a_new_one(store):
    async def main(clock):
        async with running(store, clock, Sink(clock)) as shell:
            first = await shell.set_silence(SYSTEM, Silence((matchers("a=b"),), T0, T0 + HOUR, "me", "why", {"t": "1"}))
            await asyncio.sleep(1)
            same = await shell.set_silence(SYSTEM, Silence((matchers("a=b"),), T0, T0 + 2 * HOUR, id=first))
            other = await shell.set_silence(SYSTEM, Silence((matchers("a=c"),), T0, T0 + 2 * HOUR, id=first))
            with pytest.raises(NotFound):
                await shell.expire_silence(SYSTEM, SilenceId("nobody"))
        async with running(store, clock, Sink(clock)) as shell:
            found = await shell.read(
                lambda pipeline, now: {silence.id: silence.state(now).value for silence in pipeline.silences}
            )
            return first, same, other, found

    first, same, other, found = run_virtually(main, T0)
    assert first == same != other
    assert found == {first: "expired", other: "active"}


def test_a_post_that_cannot_be_stored_says_so(store):
    async def main(clock):
        async with running(store, clock, Sink(clock)) as shell:
            store.keep = refuse
            with pytest.raises(StoreUnavailable):
                await shell.post(SYSTEM, [alert("a")])

    def refuse(*_):
        raise StoreUnavailable("disk full")

    run_virtually(main, T0)


def test_alerts_beyond_the_limit_are_refused_and_known_ones_still_taken(store):
    async def main(clock):
        async with running(store, clock, Sink(clock), limits=AlertLimits(alerts_max=2)) as shell:
            await shell.post(SYSTEM, [alert("a")])
            with pytest.raises(QueueFull, match="1 alerts were refused: the limit is 2"):
                await shell.post(SYSTEM, [alert("b"), alert("a"), alert("c")])
            return await shell.read(lambda pipeline, _: sorted(one.name for one in pipeline.alerts))

    assert run_virtually(main, T0) == ["a", "b"]


def test_another_tenant_is_refused_with_a_reason(store):
    async def main(clock):
        async with running(store, clock, Sink(clock)) as shell:
            with pytest.raises(Forbidden, match='notifications are sent for tenant "anonymous", not for "other"'):
                await shell.post(Principal("other", "u"), [alert("a")])

    run_virtually(main, T0)


def test_nothing_is_sent_before_the_start_delay_is_over(store):
    async def main(clock):
        sink = Sink(clock)
        async with running(store, clock, sink, start_delay_ms=5 * S) as shell:
            await shell.post(SYSTEM, [alert("a", starts=T0 - HOUR)])
            await asyncio.sleep(10)
        return sink.sent

    assert run_virtually(main, T0) == [(5.0, ["a"])]


def test_old_alerts_silences_and_entries_are_removed_from_the_store(store):
    async def main(clock):
        async with running(store, clock, Sink(clock)) as shell:
            await shell.post(SYSTEM, [alert("a", ends=T0 + MINUTE)])
            await shell.set_silence(SYSTEM, Silence((matchers("x=y"),), T0, T0 + MINUTE))
            await asyncio.sleep(200)
            early = store.since(SYSTEM.tenant, 0)
            await asyncio.sleep(6 * 24 * 3600)
            return early, store.since(SYSTEM.tenant, 0)

    early, late = run_virtually(main, T0)
    assert (len(early.alerts), len(early.silences), len(early.log)) == (0, 1, 1)
    assert not late


class Shared:
    """A control database that says that others write to it too."""

    def __init__(self, database):
        self._database = database
        self.is_shared = True

    def __getattr__(self, name):
        return getattr(self._database, name)


def test_servers_that_share_a_database_notify_once_and_see_one_another(store):
    shared = Shared(store)

    async def main(clock):
        # the database's own clock does not follow virtual time: the lease is held until it is given back
        one, two = Sink(clock), Sink(clock)
        async with running(shared, clock, two, name="b") as second:
            await asyncio.sleep(1)
            async with running(shared, clock, one, name="a") as first:
                await first.post(SYSTEM, [alert("a")])
                key = await first.set_silence(SYSTEM, Silence((matchers("alertname=quiet"),), T0, T0 + HOUR))
                await asyncio.sleep(1)
                await second.post(SYSTEM, [alert("b"), alert("quiet")])
                await asyncio.sleep(3)
                seen = await first.read(lambda pipeline, _: sorted(one.name for one in pipeline.alerts))
                silences = await second.read(lambda pipeline, _: [silence.id for silence in pipeline.silences])
                members = [(member.name, member.leads) for member in await first.members()]
        return one.sent, two.sent, seen, silences == [key], members

    one, two, seen, silenced, members = run_virtually(main, T0)
    assert one == []
    assert sorted(names for _, names in two) == [["a"], ["b"]]
    assert seen == ["a", "b", "quiet"]
    assert silenced
    assert members == [("a", False), ("b", True)]


def test_a_server_that_takes_over_repeats_nothing_and_forgets_nothing(store):
    shared = Shared(store)

    async def main(clock):
        one, two = Sink(clock), Sink(clock)
        async with AsyncExitStack() as leaving:
            leader = await leaving.enter_async_context(running(shared, clock, one, name="a"))
            await asyncio.sleep(1)
            async with running(shared, clock, two, name="b") as follower:
                await leader.post(SYSTEM, [alert("a")])
                await asyncio.sleep(3)
                await follower.post(SYSTEM, [alert("b", starts=clock.now_ms())])
                await leaving.aclose()
                await asyncio.sleep(5)
                assert follower.lease.leads
        return one.sent, two.sent

    one, two = run_virtually(main, T0)
    assert [names for _, names in one] == [["a"]]
    assert [names for _, names in two] == [["b"]]


def test_a_server_that_takes_over_tells_of_an_end_that_it_let_go_of(store):
    shared = Shared(store)

    async def main(clock):
        async def fail_later(_):
            if clock.now_ms() > T0 + 5 * S:
                raise NotSent("down", retry=False)

        one, two = Sink(clock, 0, fail_later), Sink(clock)
        async with AsyncExitStack() as leaving:
            leader = await leaving.enter_async_context(running(shared, clock, one, name="a"))
            await asyncio.sleep(1)
            async with running(shared, clock, two, name="b") as follower:
                await leader.post(SYSTEM, [alert("a")])
                await asyncio.sleep(5)
                await leader.post(SYSTEM, [alert("a", ends=clock.now_ms(), updated=clock.now_ms())])
                await asyncio.sleep(300)
                held = await follower.read(lambda pipeline, _: len(pipeline.alerts))
                await leaving.aclose()
                await asyncio.sleep(5)
        return held, one.sent, two.sent

    held, one, two = run_virtually(main, T0)
    assert held == 0
    assert [names for _, names in one] == [["a"]]
    assert [names for _, names in two] == [["-a"]]
