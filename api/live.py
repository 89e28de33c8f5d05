"""Live events: one look at the database for all listeners, each of whom is sent what they may see.

Events get their numbers in the order in which they become visible (see `visits.queries.events.record`), so a listener
who names the last one it had misses none and gets none twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import anyio.to_thread

from routing.errors import BeatplanError
from visits.queries.events import SeenEvent, events_after, last_event_id, seen_events_after
from visits.scope import Viewer, sees_event
from visits.store import Store

log = logging.getLogger("beatplan.live")
LOOK_S = 0.1
AT_ONCE = 500
MOST_WAITING = 2000
"""A listener that is so far behind is let go; it comes back and names the last event it had."""


@dataclass(eq=False)
class Listener:
    """Somebody who listens, and what waits for them; None at the end."""

    viewer: Viewer
    waiting: asyncio.Queue[SeenEvent | None] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))


class EventFeed:
    """Looks for new events ten times a second while anybody listens. Belongs to one event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._listeners: set[Listener] = set()
        self._last_id: int | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    async def listen(self, viewer: Viewer, after: int | None) -> AsyncIterator[SeenEvent | None]:
        """What the viewer may see of the events after one, or from now on; ends when the feed is closed.

        The first that comes is None: from that moment nothing is missed.

        Raises StoreError when the database does not answer at the start.
        """
        listener = Listener(viewer)
        if self._last_id is None:
            self._last_id = await anyio.to_thread.run_sync(self._newest)
        self._listeners.add(listener)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        sent = self._last_id if after is None else after
        try:
            yield None
            async for event in self._missed(viewer, sent):
                sent = event.id
                yield event
            while not self._closed and (found := await listener.waiting.get()) is not None:
                if found.id > sent:
                    sent = found.id
                    yield found
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """Let every listener go."""
        self._closed = True
        for listener in self._listeners:
            _let_go(listener)
        if self._task is not None:
            self._task.cancel()

    async def _missed(self, viewer: Viewer, after: int) -> AsyncIterator[SeenEvent]:
        while not self._closed:
            found = await anyio.to_thread.run_sync(self._visible, viewer, after)
            for event in found:
                yield event
            if len(found) < AT_ONCE:
                return
            after = found[-1].id

    async def _look(self) -> None:
        while self._listeners and not self._closed:
            await asyncio.sleep(LOOK_S)
            with contextlib.suppress(BeatplanError):  # a database that is away has nothing new
                found = await anyio.to_thread.run_sync(self._news)
                for event in found:
                    self._hand_on(event)
        self._last_id = None

    def _hand_on(self, event: SeenEvent) -> None:
        self._last_id = event.id
        for listener in tuple(self._listeners):
            if sees_event(listener.viewer, event.rep_id, event.territory_id, event.rep_territory_id):
                try:
                    listener.waiting.put_nowait(event)
                except asyncio.QueueFull:
                    _let_go(listener)
                    self._listeners.discard(listener)

    def _newest(self) -> int:
        with self._store.reading() as session:
            return last_event_id(session)

    def _news(self) -> Sequence[SeenEvent]:
        with self._store.reading() as session:
            return seen_events_after(session, self._last_id or 0, AT_ONCE)

    def _visible(self, viewer: Viewer, after: int) -> Sequence[SeenEvent]:
        with self._store.reading() as session:
            return tuple(SeenEvent.of(event) for event in events_after(session, viewer, after, AT_ONCE))


def _let_go(listener: Listener) -> None:
    """Ends a listener's stream; what waits for them is dropped, they will ask for it again."""
    while listener.waiting.full():
        listener.waiting.get_nowait()
    listener.waiting.put_nowait(None)
