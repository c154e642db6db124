from django.urls import path

from dashboard.deletions.views import (
    approving,
    certificates,
    controls,
    detail,
    draft,
    forgetting,
    listing,
    overriding,
    removing,
    reports,
    strip,
)

urlpatterns = [
    path("", listing.deletion_list, name="deletion-list"),
    path("new/", draft.deletion_draft, name="deletion-draft"),
    path("despite-hold/", overriding.deletion_despite_hold, name="deletion-despite-hold"),
    path("strip/", strip.deletion_strip, name="deletion-strip"),
    path("<uuid:uuid>/", detail.deletion_detail, name="deletion-detail"),
    path("<uuid:uuid>/confirm/", draft.deletion_confirm, name="deletion-confirm"),
    path("<uuid:uuid>/keep/", draft.deletion_discard, name="deletion-keep"),
    path("<uuid:uuid>/remove/", removing.deletion_remove, name="deletion-remove"),
    path("<uuid:uuid>/override/", overriding.deletion_override, name="deletion-override"),
    path("<uuid:uuid>/approve/", approving.deletion_approve, name="deletion-approve"),
    path("<uuid:uuid>/decline/", approving.deletion_decline, name="deletion-decline"),
    path("<uuid:uuid>/withdraw/", approving.deletion_withdraw, name="deletion-withdraw"),
    path("<uuid:uuid>/undo/", controls.deletion_undo, name="deletion-undo"),
    path("<uuid:uuid>/pause/", controls.deletion_pause, name="deletion-pause"),
    path("<uuid:uuid>/resume/", controls.deletion_resume, name="deletion-resume"),
    path("<uuid:uuid>/accept/", controls.deletion_accept, name="deletion-accept"),
    path("<uuid:uuid>/stop/", controls.deletion_stop, name="deletion-stop"),
    path("<uuid:uuid>/retry/", controls.deletion_retry, name="deletion-retry"),
    path("<uuid:uuid>/delete-kept/", controls.deletion_delete_kept, name="deletion-delete-kept"),
    path("<uuid:uuid>/check/", controls.deletion_check, name="deletion-check"),
    path("<uuid:uuid>/report.csv", reports.deletion_report_csv, name="deletion-report-csv"),
    path("<uuid:uuid>/report.json", reports.deletion_report_json, name="deletion-report-json"),
    path("<uuid:uuid>/certificate/", certificates.certificate_page, name="deletion-certificate"),
    path("<uuid:uuid>/certificate.json", certificates.certificate_json, name="deletion-certificate-json"),
    path("<uuid:uuid>/receipt.json", certificates.receipt_json, name="deletion-receipt"),
]

forgotten = [
    path("new/", forgetting.forget_new, name="forget-new"),
    path("new/<uuid:uuid>/", forgetting.forget_place, name="forget-place"),
    path("<uuid:uuid>/", forgetting.forgetting_page, name="forgetting-page"),
    path("<uuid:uuid>/certificate.json", forgetting.forgetting_certificate, name="forgetting-certificate"),
]
