"""Become another program that ends when its parent does: `die_with_parent.py PARENT PROGRAM …`.

Run as a script in a fresh interpreter (20 ms), because code between fork and exec in a
process with threads can deadlock. Linux only; elsewhere it just becomes the program.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, program: list[str]) -> None:
    """Ask for SIGTERM at the parent's death, even by kill -9, and become the program."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        # The parent died before the kernel was asked to watch it.
        sys.exit(1)
    os.execv(program[0], program)  # noqa: S606 this is what the script is for


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
