"""Log lines of worker processes, logged by their parent while the workers go on."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import DatagramHandler
from socket import AF_UNIX, SOCK_DGRAM, socket
from tempfile import TemporaryDirectory, gettempdir
from threading import Thread

from skyloom.run.log import NAME

MOST = 1 << 18  # bytes of a datagram, more than Linux sends in one
LONG = 80  # characters of a folder in which a socket's name, 107 at most, has no room
PREFIX = 4  # bytes with which a DatagramHandler begins each


@contextmanager
def listening() -> Iterator[str]:
    """Log what other processes send, see `sending`, to the address that is given."""
    short = "/tmp" if len(gettempdir()) > LONG else None
    with TemporaryDirectory(prefix="skyloom-", dir=short) as folder:
        address = f"{folder}/log"
        with socket(AF_UNIX, SOCK_DGRAM) as ear:
            ear.bind(address)
            hearing = Thread(target=_hear, args=(ear,), daemon=True)
            hearing.start()
            try:
                yield address
            finally:
                # The last of the queue: whatever was sent before has been logged.
                with socket(AF_UNIX, SOCK_DGRAM) as end:
                    end.sendto(b"", address)
                hearing.join()


def _hear(ear: socket) -> None:
    while sent := ear.recv(MOST):
        record = logging.makeLogRecord(pickle.loads(sent[PREFIX:]))
        logging.getLogger(NAME).handle(record)


@contextmanager
def sending(address: str) -> Iterator[None]:
    """Send log lines of a worker process to its parent, which is `listening`."""
    logger = logging.getLogger(NAME)
    handlers, sender = logger.handlers, DatagramHandler(address, None)
    logger.handlers = [sender]
    try:
        yield
    finally:
        logger.handlers = handlers
        sender.close()
