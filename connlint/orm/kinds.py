"""On what work runs that was started outside of a request."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """On what the work runs: decides when a connection ends by itself, and whether one is shared by a fork."""

    THREAD = "thread"  # one that ends with the work
    POOL = "thread pool"  # one that is used again
    TIMER = "timer"
    PROCESS = "process"
    PROCESS_POOL = "process pool"
    GREENLET = "greenlet"
    SCHEDULER = "scheduler"  # a thread of a pool of the scheduler
    TO_THREAD = "to_thread"  # from asynchronous code to a pool of threads
    TWISTED = "twisted"
    CONSUMER = "consumer"  # the thread in which the event loop runs what is synchronous, asked by a consumer

    @property
    def reused(self) -> bool:
        """Whether the next unit of work finds the connection that this one leaves."""
        return self not in (Kind.THREAD, Kind.TIMER, Kind.PROCESS, Kind.GREENLET)

    @property
    def forks(self) -> bool:
        return self in (Kind.PROCESS, Kind.PROCESS_POOL)
