"""A process that ends when its parent does, however that happens. Linux; elsewhere it lives on.

As a program, `die_with_parent.py PARENT PROGRAM …`, it becomes another program that does. It is
run in a fresh interpreter (20 ms), because code between fork and exec in a process with threads
can deadlock.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int) -> None:
    """Ask for SIGTERM at the parent's death, even by kill -9.

    The kernel means the thread that started this process: that thread has to stay as long.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        # The parent died before the kernel was asked to watch it.
        sys.exit(1)


if __name__ == "__main__":
    end_with_parent(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 this is what the program is for
