"""Who gets what at which address. A new address needs a row, and every row an address.

GET stands for HEAD too, and PUT for DELETE. What is posted has none of the fields that it needs.
A cell is a status, or two where htmx gets another. `in` leads to the sign-in and back, htmx by 401 and a header;
`staff` to where it is said that the administration is for staff.
The stranger is signed out; so is, in effect, somebody disabled with a session from before. The outsider, and the one
marked as staff, are in no group. Below /api/ their tokens ask, and not their sessions. In Django's admin, people and
groups share rows, and so do records, which can't be changed there.
"""

from __future__ import annotations

TABLE = r"""
                                                            stranger outsider staff    viewer   operator administrator
/                                             GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/login/                                       GET           200      302      302      302      302      302
                                              POST          422      302      302      302      302      302
                                              PUT           405      405      405      405      405      405
/logout/                                      GET PUT       405      405      405      405      405      405
                                              POST          302      302      302      302      302      302
/login/second-factor/                         GET POST      302      302      302      302      302      302
                                              PUT           405      405      405      405      405      405
/login/passkey/                               GET PUT       405      405      405      405      405      405
                                              POST          422      302      302      302      302      302
/login/passkey/options/                       GET PUT       405      405      405      405      405      405
                                              POST          200      200      200      200      200      200
/login/openid/                                GET           404      404      404      404      404      404
                                              POST PUT      405      405      405      405      405      405
/login/openid/callback/                       GET           404      404      404      404      404      404
                                              POST PUT      405      405      405      405      405      405
/account/confirm/                             GET           in       200      200      200      200      200
                                              POST          in       422      422      422      422      422
                                              PUT           in       405      405      405      405      405
/account/second-factor/                       GET           in       200      200      200      200      200
                                              POST PUT      in       405      405      405      405      405
/account/second-factor/app/                   GET PUT       in       405      405      405      405      405
                                              POST          in       302      302      302      302      302
/account/second-factor/passkey/               GET PUT       in       405      405      405      405      405
                                              POST          in       302      302      302      302      302
/account/second-factor/passkey/options/       GET PUT       in       405      405      405      405      405
                                              POST          in       302      302      302      302      302
/account/second-factor/codes/                 GET PUT       in       405      405      405      405      405
                                              POST          in       302      302      302      302      302
/account/second-factor/<int:pk>/remove/       GET PUT       in       405      405      405      405      405
                                              POST          in       302      302      302      302      302
/account/                                     GET           in       200      200      200      200      200
                                              POST          in       302      302      302      302      302
                                              PUT           in       405      405      405      405      405
/account/password/                            GET PUT       in       405      405      405      405      405
                                              POST          in       422      422      422      422      422
/account/sessions/                            GET PUT       in       405      405      405      405      405
                                              POST          in       422      422      422      422      422
/account/tokens/                              GET PUT       in       405      405      405      405      405
                                              POST          in       422      422      422      422      422
/account/tokens/<int:token>/revoke/           GET PUT       in       405      405      405      405      405
                                              POST          in       409      409      409      302      409
/join/<str:token>/                            GET POST      410      410      410      410      410      410
                                              PUT           405      405      405      405      405      405
/access/                                      GET           in       403      403      403      403      200
                                              POST PUT      in       403      403      405      405      405
/access/add/                                  GET           in       403      403      403      403      200
                                              POST          in       403      403      403      403      422
                                              PUT           in       403      403      405      405      405
/access/roles/<str:role>/                     GET           in       403      403      403      403      200
                                              POST          in       403      403      403      403      302
                                              PUT           in       403      403      405      405      405
/access/<int:person>/                         GET           in       403      403      403      403      200
                                              POST PUT      in       403      403      405      405      405
/access/<int:person>/role/                    GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      403      422
/access/<int:person>/limits/                  GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      403      302
/access/<int:person>/end-sessions/            GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      403      302
/access/<int:person>/second-factor/           GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      403      409
/access/<int:person>/tokens/                  GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      403      302
/access/<int:person>/open/                    GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      403      409
/access/<int:person>/reset/                   GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      403      200
/access/<int:person>/disable/                 GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      403      422
/admin/login/                                 GET           in/302   403      302      403      403      302
                                              POST PUT      405      405      405      405      405      405
/admin/logout/                                GET PUT       405      405      405      405      405      405
                                              POST          302      302      302      302      302      302
/admin/password_change/                       GET POST      in       staff    200      staff    staff    200
                                              PUT           in       staff    405      staff    staff    405
/healthz                                      GET           200      200      200      200      200      200
                                              POST PUT      405      405      405      405      405      405
/readyz                                       GET           503      503      503      503      503      503
                                              POST PUT      405      405      405      405      405      405
/tasks/                                       GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/tasks/facets/                                GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/tasks/models/                                GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/tasks/total/                                 GET           in       403      403      302/200  302/200  302/200
                                              POST PUT      in       403      403      405      405      405
/tasks/now/                                   GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/tasks/selection/                             GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      400      400
/tasks/hidden/                                GET           in       403      403      403      302/200  302/200
                                              POST PUT      in       403      403      405      405      405
/tasks/ids/                                   GET           in       403      403      403      200      200
                                              POST          in       403      403      403      422      422
                                              PUT           in       403      403      405      405      405
/tasks/star/                                  GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      422      422
/tasks/look/                                  GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      422      422
/tasks/looking-up/                            GET           in       403      403      403      302/200  302/200
                                              POST PUT      in       403      403      405      405      405
/tasks/looks/                                 GET           in       403      403      200      200      200
                                              POST          in       403      403      422      422      422
                                              PUT           in       403      403      405      405      405
/tasks/viewer/<int:number>/                   GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/tasks/viewer/<int:number>/tick/              GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      422      422
/tasks/viewer/<int:number>/star/              GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      303/200  303/200
/tasks/import/                                GET           in       403      403      403      200      200
                                              POST          in       403      403      403      422      422
                                              PUT           in       403      403      405      405      405
/tasks/import/<uuid:uuid>/                    GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      302      422
/tasks/import/<uuid:uuid>/progress/           GET           in       403      403      403      200      404
                                              POST PUT      in       403      403      405      405      405
/tasks/views/                                 GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/tasks/views/new/                             GET           in       403      403      200      200      200
                                              POST          in       403      403      422      422      422
                                              PUT           in       403      403      405      405      405
/tasks/views/rail/                            GET           in       403      403      302/200  302/200  302/200
                                              POST PUT      in       403      403      405      405      405
/tasks/views/<uuid:uuid>/                     GET           in       403      403      403      200      403
                                              POST          in       403      403      403      422      403
                                              PUT           in       403      403      405      405      405
/tasks/views/<uuid:uuid>/update/              GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      409      303      409
/tasks/views/<uuid:uuid>/delete/              GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      409      303      409
/tasks/views/<uuid:uuid>/star/                GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      303      303      303
/tasks/<str:kind>/                            GET           in       403      403      404      404      404
                                              POST PUT      in       403      403      405      405      405
/tasks/<str:kind>/<path:task_id>/             GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/holds/                                       GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/holds/new/                                   GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      422      422
/holds/new/<uuid:uuid>/                       GET           in       403      403      403      200      404
                                              POST          in       403      403      403      422      404
                                              PUT           in       403      403      405      405      405
/holds/release/                               GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      403      422
/holds/release/<uuid:uuid>/                   GET           in       403      403      403      403      404
                                              POST          in       403      403      403      403      404
                                              PUT           in       403      403      405      405      405
/holds/rule/                                  GET           in       403      403      403      200      200
                                              POST          in       403      403      403      400      400
                                              PUT           in       403      403      405      405      405
/holds/<uuid:uuid>/                           GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/holds/<uuid:uuid>/release/                   GET           in       403      403      403      403      200
                                              POST          in       403      403      403      403      422
                                              PUT           in       403      403      405      405      405
/holds/<uuid:uuid>/stop/                      GET           in       403      403      403      403      200
                                              POST          in       403      403      403      403      422
                                              PUT           in       403      403      405      405      405
/forgotten/new/                               GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      403      422
/forgotten/new/<uuid:uuid>/                   GET           in       403      403      403      403      404
                                              POST          in       403      403      403      403      404
                                              PUT           in       403      403      405      405      405
/forgotten/<uuid:uuid>/                       GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/forgotten/<uuid:uuid>/certificate.json       GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/media/wanted/                                GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      200      200      200
/media/panel/<int:pk>/                        GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      303/200  303/200  303/200
/media/forget/<int:pk>/                       GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      303/200  303/200
/media/host/<int:pk>/                         GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      403      422
/media/<str:token>/<str:name>                 GET           in       403      403      404      404      404
                                              POST PUT      in       403      403      405      405      405
/deletions/                                   GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/deletions/new/                               GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      422      422
/deletions/despite-hold/                      GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      422      422
/deletions/strip/                             GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/deletions/<uuid:uuid>/                       GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/deletions/<uuid:uuid>/confirm/               GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      422      409
/deletions/<uuid:uuid>/keep/                  GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      303/204  409
/deletions/<uuid:uuid>/remove/                GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      422      422
/deletions/<uuid:uuid>/override/              GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      409      409
/deletions/<uuid:uuid>/approve/               GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      403      422
/deletions/<uuid:uuid>/decline/               GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      403      422
/deletions/<uuid:uuid>/withdraw/              GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      303/200  409
/deletions/<uuid:uuid>/undo/                  GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      303/200  303/200
/deletions/<uuid:uuid>/pause/                 GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      303/200  303/200
/deletions/<uuid:uuid>/resume/                GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      303/200  303/200
/deletions/<uuid:uuid>/accept/                GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      409      409
/deletions/<uuid:uuid>/stop/                  GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      303/200  303/200
/deletions/<uuid:uuid>/retry/                 GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      303/200  303/200
/deletions/<uuid:uuid>/delete-kept/           GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      303/200  303/200
/deletions/<uuid:uuid>/check/                 GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      303/200  303/200
/deletions/<uuid:uuid>/report.csv             GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/deletions/<uuid:uuid>/report.json            GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/deletions/<uuid:uuid>/certificate/           GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/deletions/<uuid:uuid>/certificate.json       GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/deletions/<uuid:uuid>/receipt.json           GET           in       403      403      400      400      400
                                              POST PUT      in       403      403      405      405      405
/rules/                                       GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/rules/new/                                   GET           in       403      403      403      200      200
                                              POST          in       403      403      403      422      422
                                              PUT           in       403      403      405      405      405
/rules/<uuid:uuid>/                           GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/rules/<uuid:uuid>/change/                    GET           in       403      403      403      200      403
                                              POST          in       403      403      403      422      403
                                              PUT           in       403      403      405      405      405
/rules/<uuid:uuid>/pause/                     GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      303      303
/rules/<uuid:uuid>/resume/                    GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      409      409
/rules/<uuid:uuid>/run/                       GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      303      409
/rules/<uuid:uuid>/delete/                    GET PUT       in       403      403      405      405      405
                                              POST          in       403      403      403      303      303
/audit/                                       GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/audit/export.csv                             GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/audit/export.json                            GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/audit/keys.json                              GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/api/                                         GET           in       403      403      200      200      200
                                              POST PUT      in       403      403      405      405      405
/api/openapi.json                             GET           200      200      200      200      200      200
                                              POST PUT      405      405      405      405      405      405
/api/tasks/                                   GET           401      403      403      200      200      200
                                              POST          401      403      403      403      422      422
                                              PUT           401      403      403      405      405      405
/api/tasks/<kind>/<path:task_id>/             GET           401      403      403      200      200      200
                                              POST PUT      401      403      403      405      405      405
/api/deletions/                               GET           401      403      403      200      200      200
                                              POST          401      403      403      403      422      422
                                              PUT           401      403      403      405      405      405
/api/deletions/<uuidstr:uuid>/                GET           401      403      403      200      200      200
                                              POST PUT      401      403      403      405      405      405
/api/deletions/<uuidstr:uuid>/report.json     GET           401      403      403      200      200      200
                                              POST PUT      401      403      403      405      405      405
/api/deletions/<uuidstr:uuid>/confirm         GET PUT       401      403      403      405      405      405
                                              POST          401      403      403      403      422      422
/api/deletions/<uuidstr:uuid>/pause           GET PUT       401      403      403      405      405      405
                                              POST          401      403      403      403      200      200
/api/deletions/<uuidstr:uuid>/resume          GET PUT       401      403      403      405      405      405
                                              POST          401      403      403      403      200      200
/api/deletions/<uuidstr:uuid>/stop            GET PUT       401      403      403      405      405      405
                                              POST          401      403      403      403      200      200
/api/deletions/<uuidstr:uuid>/undo            GET PUT       401      403      403      405      405      405
                                              POST          401      403      403      403      200      200
/admin/r/<path:rest>                          GET POST PUT  in       404      404      404      404      404
/admin/                                       GET POST PUT  in       staff    200      staff    staff    200
/admin/password_change/done/                  GET           in       staff    200      staff    staff    200
                                              POST PUT      in       staff    405      staff    staff    405
/admin/autocomplete/                          GET           in       staff    403      staff    staff    403
                                              POST PUT      in       staff    405      staff    staff    405
/admin/jsi18n/                                GET           in       staff    200      staff    staff    200
                                              POST PUT      in       staff    405      staff    staff    405
/admin/<people>/<id>/password/                GET POST PUT  in       staff    403      staff    staff    200
/admin/<people>/                              GET POST PUT  in       staff    403      staff    staff    200
/admin/<people>/add/                          GET POST PUT  in       staff    403      staff    staff    200
/admin/<people>/<path:object_id>/history/     GET POST PUT  in       staff    403      staff    staff    200
/admin/<people>/<path:object_id>/delete/      GET POST PUT  in       staff    403      staff    staff    200
/admin/<people>/<path:object_id>/change/      GET POST PUT  in       staff    403      staff    staff    200
/admin/<people>/<path:object_id>/             GET POST PUT  in       staff    302      staff    staff    302
/admin/<records>/                             GET POST PUT  in       staff    403      staff    staff    200
/admin/<records>/add/                         GET POST PUT  in       staff    403      staff    staff    403
/admin/<records>/<path:object_id>/history/    GET POST PUT  in       staff    403      staff    staff    200
/admin/<records>/<path:object_id>/delete/     GET POST PUT  in       staff    403      staff    staff    403
/admin/<records>/<path:object_id>/change/     GET PUT       in       staff    403      staff    staff    200
                                              POST          in       staff    403      staff    staff    403
/admin/<records>/<path:object_id>/            GET POST PUT  in       staff    302      staff    staff    302
/admin/<app>/                                 GET POST PUT  in       staff    404      staff    staff    200
/admin/(?P<url>.*)$                           GET POST PUT  in       staff    404      staff    staff    404
"""


def read() -> dict[str, dict[str, dict[str, str]]]:
    """The cell of each person, by route and then by method."""
    rows: dict[str, dict[str, dict[str, str]]] = {}
    people, *lines = TABLE.strip("\n").splitlines()
    for line in lines:
        if route := line[:46].strip():
            row = rows[route] = {}
        cells = dict(zip(people.split(), line[60:].split(), strict=True))
        row.update(dict.fromkeys(line[46:60].split(), cells | {"disabled": cells["stranger"]}))
    return rows
