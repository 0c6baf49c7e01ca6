"""The program that embeds bulk, apart from the service and behind it (docs/adr/0024).

`python -m services.embed.bulk_worker PARENT SOCKET FOLDER IDLE_S`, started by `bulk_client.py`:
takes an `Opening` and then numbered lists of passages from the socket, and answers with the number
and the vectors until there are no more, or none came for `IDLE_S` seconds.
"""

import os
import sys
import threading
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from libs.die_with_parent import end_with_parent
from services.embed.conversion import prepare_model
from services.embed.openvino_embedder import OpenVinoEmbedder

# Behind everything else on the machine. Questions then wait for it no longer than the kernel
# takes to change over: 31 to 41 ms at p99 with two busy cores.
_NICE: Final = 19
READY: Final = "ready"


def serve(connection: Connection, embedder: OpenVinoEmbedder, idle_s: float) -> None:
    """Answer until the other side is gone, or asks for nothing for `idle_s` seconds."""
    connection.send(READY)
    sending = threading.Lock()

    def answer(number: int, texts: list[str]) -> None:
        try:
            vectors = embedder.embed_passages(texts)
            with sending:
                connection.send((number, vectors))
        except Exception:  # noqa: BLE001 the asker hears of the end, whatever it is
            traceback.print_exc()
            os._exit(1)

    # Two at a time: the next one takes what the last batches of one leave free of the cores.
    with ThreadPoolExecutor(2) as pool:
        in_hand: list[Future[None]] = []
        while True:
            if connection.poll(idle_s):
                try:
                    number, texts = connection.recv()
                except EOFError:
                    return
                in_hand = [each for each in in_hand if not each.done()]
                in_hand.append(pool.submit(answer, number, texts))
            elif all(each.done() for each in in_hand):
                return


def main(parent: int, socket: int, folder: Path, idle_s: float) -> None:
    """Take all cores, at the lowest priority."""
    end_with_parent(parent)
    os.nice(_NICE)
    cores = os.cpu_count() or 1
    # One thread a stream: two threads that share one lose a fifth.
    with Connection(socket) as connection:
        source, prefixes = connection.recv()
        embedder = OpenVinoEmbedder(
            prepare_model(folder, source), prefixes=prefixes, streams=cores, bulk_streams=cores
        )
        serve(connection, embedder, idle_s)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]))
