"""Three lines make a generator's `requests.Session` report each task that TensorsLab accepts to a dashboard:

    from tensorslab_api.tracking import Tracker

    tracker = Tracker(dashboard="https://dashboard.example.com", token=TOKEN, spool="/var/lib/generator/tracking")
    tracker.watch(session)

`answers` reads what TensorsLab said, `spool` keeps it on the disk, `delivery` brings it to the dashboard's
`POST /api/tasks/`, and `tracker` does that in the background.
"""

from tensorslab_api.tracking.answers import Task
from tensorslab_api.tracking.tracker import Tracker

__all__ = ["Task", "Tracker"]
