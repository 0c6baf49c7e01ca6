"""What the kernel keeps a parse worker from: memory, computing, files, network, privileges.

It bounds what a hostile file can cost. It is no sandbox against a parser that is taken over:
such a worker could still read files that its user may read.
"""

import ctypes
import os
import resource
import sys
from typing import Final

_PR_SET_NO_NEW_PRIVS: Final = 38
_CLONE_NEWUSER: Final = 0x1000_0000
_CLONE_NEWNET: Final = 0x4000_0000
_OPEN_FILES: Final = 64
_NICENESS: Final = 5


def confine(memory_mb: int) -> None:
    """Give up for good what parsing does not need. Call it before any thread is started."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        # A network of its own, with nothing in it. Containers often forbid that: then the
        # worker has the service's network, which it does not use.
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    os.nice(_NICENESS)
    size = memory_mb * 1_000_000
    _limit(resource.RLIMIT_AS, size)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)


def grant_cpu(seconds: int) -> None:
    """From now on so many seconds of computing, and then SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    spent = int(used.ru_utime + used.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (_at_most(spent + seconds, hard), hard))


def _limit(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    value = _at_most(value, hard)
    resource.setrlimit(what, (value, value))


def _at_most(value: int, hard: int) -> int:
    return value if hard == resource.RLIM_INFINITY else min(value, hard)
