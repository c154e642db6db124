from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from argparse import ArgumentParser
from queue import SimpleQueue

from django.conf import settings
from django.db import close_old_connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from dashboard.calls import clock
from dashboard.calls.in_flight import let_threads_hurry
from dashboard.checks import CheckedCommand
from dashboard.deletions.dispatch import loop, precedence
from dashboard.deletions.dispatch.recovery import Tender, tend
from dashboard.media import jobs as media
from dashboard.register.refreshing import background

logger = logging.getLogger(__name__)


def _stop_when_told(worker: Worker) -> None:
    """Lets SIGINT and SIGTERM, however often they come, only say that nothing new is begun: calls in hand are finished
    and recorded."""
    # A signal handler may interrupt anything, itself too, and so must not wait for a lock: an Event has one.
    told: SimpleQueue[int] = SimpleQueue()

    def stop() -> None:
        told.get()
        worker.running = False
        loop.stopping.set()
        media.stopping.set()

    threading.Thread(target=stop, daemon=True, name="stopper").start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: told.put(number))


def _work(worker: Worker) -> None:
    """Runs jobs as they come. In its own loop the worker would take SQLite's only lock for writing at each look into an
    empty queue, and such a look would cost twice as much."""
    while worker.running:
        close_old_connections()
        ready = DBTaskResult.objects.ready().filter(backend_name=worker.backend_name)
        if ready.filter(queue_name__in=worker.queue_names).exists():
            worker.run()
        else:
            time.sleep(worker.interval)


def may_refresh() -> bool:
    return precedence.register_may_ask(now=clock.now())


class Command(CheckedCommand):
    help = (
        "Runs background work until it is told to stop. Any number may run, on any machine that reaches the database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--interval", type=float, default=0.1, help="Seconds between looks into an empty queue.")

    def handle(self, *, interval: float, **options: object) -> None:
        name = f"{socket.gethostname()[:40]}-{os.getpid()}-{get_random_string(6)}"
        worker = Worker(
            queue_names=["default"],
            interval=interval,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=name,
            excluded_queue_names=[],
        )
        let_threads_hurry()
        _stop_when_told(worker)
        threading.Thread(target=tend, args=(Tender(name), loop.stopping), daemon=True, name="tender").start()
        if settings.READ_ONLY:
            logger.info("Worker %s takes no job and sends nothing, because READ_ONLY is on.", name)
            loop.stopping.wait()
        else:
            refresher = threading.Thread(
                target=background.keep_up, args=(loop.stopping, may_refresh), daemon=True, name="refresher"
            )
            refresher.start()
            logger.info("Worker %s is ready.", name)
            _work(worker)
            # Its calls in hand are recorded too.
            refresher.join(timeout=settings.TENSORSLAB_TIMEOUT)
        logger.info("Worker %s has stopped.", name)
        # A normal exit would wait for every thread, and one may wait for a silent name server long after its call was
        # settled.
        logging.shutdown()
        os._exit(0)
