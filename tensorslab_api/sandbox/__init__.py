"""A local provider that follows the contract: real HTTP on loopback, faults on demand, and a ledger of the truth.

Every id that it has not deleted counts as alive, unless `known` says that it never existed. Besides the four documented
calls it answers:

- `GET /__ledger`: what it truly did, and when; `?summary=1` for the numbers alone
- `POST /__control`: changes `Options` while it runs, queues faults, revives or removes ids

The result files that its look-ups name are at a port of their own (`files.py`): pictures and films, always the same for
the same id, slow or dead on request.

It imitates TensorsLab as documented. `Options` choose the rest, and are no knowledge about TensorsLab.
"""

from tensorslab_api.sandbox.existence import in_shard
from tensorslab_api.sandbox.faults import Fault, Trouble, When
from tensorslab_api.sandbox.options import AlreadyGone, Echo, Failure, Missing, Mode, Options
from tensorslab_api.sandbox.server import Sandbox, serve

__all__ = [
    "AlreadyGone",
    "Echo",
    "Failure",
    "Fault",
    "Missing",
    "Mode",
    "Options",
    "Sandbox",
    "Trouble",
    "When",
    "in_shard",
    "serve",
]
