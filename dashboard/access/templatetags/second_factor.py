from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings

from dashboard.access.signing_in import accounts, factors, openid_people, passkeys

register = template.Library()


@register.inclusion_tag("access/_second_factor.html", takes_context=True)
def second_factor(context: dict[str, Any]) -> dict[str, object]:
    request = context["request"]
    rows = factors.of(request.user)
    codes = next((row for row in rows if row.type == factors.CODES), None)
    return {
        "rows": [row for row in rows if row.type != factors.CODES],
        "codes_left": factors.codes_left(codes) if codes else None,
        "has_app": any(row.type == factors.TOTP for row in rows),
        "passkeys_possible": passkeys.are_possible(request),
        "openid": bool(settings.OIDC_ISSUER),
        "permit": openid_people.permit(request.user) if settings.OIDC_ISSUER else "",
        "connected": bool(settings.OIDC_ISSUER and accounts.of(request.user)),
        "read_only": context["read_only"],
        "csrf_token": context["csrf_token"],
    }
