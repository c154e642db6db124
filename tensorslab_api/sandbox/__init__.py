"""A local provider that keeps the contract: real HTTP on loopback, faults on demand, and a ledger of the truth.

Every id that it has not deleted counts as alive. Beyond the four documented calls it answers:

- `GET /__ledger`: what it truly did; `?summary=1` for the numbers alone
- `POST /__control`: changes `Options` while it runs, queues faults, revives or removes ids
- `GET /pictures/<kind>/<id>.png`: a little picture, always the same for the same id

It imitates TensorsLab where that is documented. Where it is not, `Options` choose; none of its choices is knowledge
about TensorsLab.
"""

from tensorslab_api.sandbox.options import AlreadyGone, Failure, Fault, Missing, Mode, Options, Trouble
from tensorslab_api.sandbox.server import Sandbox, serve

__all__ = ["AlreadyGone", "Failure", "Fault", "Missing", "Mode", "Options", "Sandbox", "Trouble", "serve"]
