"""Rules for holds: which tasks, why, and until when; and Stop."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dashboard.access.permissions import HOLD_TASKS, RELEASE_HOLDS, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.refusals import refused
from dashboard.register.counting import count
from dashboard.register.filters.filter import Filter
from dashboard.register.filters.form import RuleForm
from dashboard.register.holding import asking, matching, placing, rules, showing
from dashboard.register.holding.asking import Invalid, Refused
from dashboard.register.models import Hold
from dashboard.register.views import frozen
from dashboard.register.views.frozen import Asked

PAGE = "register/holds/hold_rule.html"
KEEPS = "What it holds stays held until somebody releases it."


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(HOLD_TASKS)
def hold_rule(request: SignedInRequest) -> HttpResponse:
    """The address has the filter, as the list has it; what is posted is the rest."""
    form = RuleForm(request.GET)
    try:
        RuleForm.check_names(request.GET)
        filter = Filter.from_query(request.GET)
        kept = matching.as_rule(filter) if filter.query_string() or request.method == "POST" else None
    except BadFilter as bad:
        return refused(request, str(bad), status=400, page=PAGE, wrong=bad.wrong, form=form)
    if request.method != "POST":
        return _page(request, form, filter, asked=kept is not None)
    now = clock.now()
    try:
        reason = request.POST.get("reason", "")
        wrong = asking.reason_errors(reason, stays=placing.STAYS)
        until = asking.until_of(request.POST.get("until", "").strip(), now=now, besides=wrong)
        hold = rules.make(filter=filter, by=frozen.by(request), reason=reason, until=until, now=now)
    except Invalid as invalid:
        return _page(request, form, filter, errors=invalid.errors, status=422)
    hold.refresh_from_db()
    return frozen.done(request, _told(hold), to=reverse("hold-list"))


def _page(
    request: SignedInRequest,
    form: RuleForm,
    filter: Filter,
    *,
    asked: bool = True,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    said = {name: request.POST.get(name, "") for name in ("reason", "until")} if errors else {}
    counted = count(filter) if asked else None
    context = {
        "form": form,
        "asked": asked,
        "count": counted,
        "words": filter.words,
        "list_url": f"{reverse('task-list')}?{filter.query_string()}",
        "rule_url": request.get_full_path(),
        "errors": errors or {},
        **said,
    }
    return render(request, PAGE, context, status=status)


def _told(hold: Hold) -> str:
    if hold.is_being_placed:
        return "The rule is being applied. Nothing is sent before that is done."
    return f"The rule holds {hold.count:,} task{'' if hold.count == 1 else 's'} now, and what matches later."


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(RELEASE_HOLDS)
def hold_stop(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    rule = get_object_or_404(Hold, uuid=uuid, filter__isnull=False)
    if not rule.takes_in:
        return refused(request, rules.OVER, status=409)
    asked = Asked(
        url=request.path,
        title="Stop this rule?",
        button="Stop the rule",
        back_url=reverse("hold-list"),
        sentences=(f"{showing.rule_of(rule, now=clock.now()).words}. {KEEPS}",),
        number=1,
    )
    if request.method != "POST":
        return frozen.show(request, asked)
    try:
        rules.stop(rule=rule, by=frozen.by(request), reason=request.POST.get("reason", ""), now=clock.now())
    except Invalid as invalid:
        return frozen.show(request, asked, errors=invalid.errors, status=422)
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return frozen.done(request, "The rule is stopped. What it holds stays held.", to=reverse("hold-list"))
