from django.urls import path

from dashboard.register.views.detail import task_detail, task_look, task_star
from dashboard.register.views.facets import task_facets, task_models
from dashboard.register.views.hold_rules import hold_rule, hold_stop
from dashboard.register.views.holds import hold_detail, hold_list, hold_new, hold_place
from dashboard.register.views.ids import task_ids
from dashboard.register.views.importing import task_import, task_import_apply, task_import_progress
from dashboard.register.views.listing import task_hidden, task_list, task_total
from dashboard.register.views.looking_up import task_looking_up
from dashboard.register.views.looks import task_looks
from dashboard.register.views.now import task_list_now
from dashboard.register.views.releases import hold_release, release_new, release_place
from dashboard.register.views.saved_views import (
    view_delete,
    view_detail,
    view_list,
    view_new,
    view_rail,
    view_star,
    view_update,
)
from dashboard.register.views.selection import task_selection
from dashboard.register.views.viewer import task_viewer, task_viewer_star, task_viewer_tick

urlpatterns = [
    path("", task_list, name="task-list"),
    path("facets/", task_facets, name="task-facets"),
    path("models/", task_models, name="task-models"),
    path("now/", task_list_now, name="task-list-now"),
    path("total/", task_total, name="task-total"),
    path("selection/", task_selection, name="task-selection"),
    path("hidden/", task_hidden, name="task-hidden"),
    path("ids/", task_ids, name="task-ids"),
    path("star/", task_star, name="task-star"),
    path("look/", task_look, name="task-look"),
    path("looking-up/", task_looking_up, name="task-looking-up"),
    path("looks/", task_looks, name="task-looks"),
    path("viewer/<int:number>/", task_viewer, name="task-viewer"),
    path("viewer/<int:number>/tick/", task_viewer_tick, name="task-viewer-tick"),
    path("viewer/<int:number>/star/", task_viewer_star, name="task-viewer-star"),
    path("import/", task_import, name="task-import"),
    path("import/<uuid:uuid>/", task_import_apply, name="task-import-apply"),
    path("import/<uuid:uuid>/progress/", task_import_progress, name="task-import-progress"),
    path("views/", view_list, name="view-list"),
    path("views/new/", view_new, name="view-new"),
    path("views/rail/", view_rail, name="view-rail"),
    path("views/<uuid:uuid>/", view_detail, name="view-detail"),
    path("views/<uuid:uuid>/update/", view_update, name="view-update"),
    path("views/<uuid:uuid>/delete/", view_delete, name="view-delete"),
    path("views/<uuid:uuid>/star/", view_star, name="view-star"),
    path("<str:kind>/", task_detail, name="task-detail"),
    path("<str:kind>/<path:task_id>/", task_detail, name="task-detail"),
]

holds = [
    path("", hold_list, name="hold-list"),
    path("new/", hold_new, name="hold-new"),
    path("new/<uuid:uuid>/", hold_place, name="hold-place"),
    path("release/", release_new, name="release-new"),
    path("release/<uuid:uuid>/", release_place, name="release-place"),
    path("rule/", hold_rule, name="hold-rule"),
    path("<uuid:uuid>/", hold_detail, name="hold-detail"),
    path("<uuid:uuid>/release/", hold_release, name="hold-release"),
    path("<uuid:uuid>/stop/", hold_stop, name="hold-stop"),
]
