"""Who asks (DESIGN D13): the tenant of a request, from the user or from `X-Scope-OrgID` where the caller may name it.

A caller without users configured is on loopback (security refuses anything else) and may name any tenant. A user that
`tenants` does not mention is an operator: tenant `anonymous`, every role. Targets, configuration and life cycle belong
to the tenant we scrape for, and to operators.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from vedette.api.asgi import Scope
from vedette.api.requests import header
from vedette.model.errors import BadInput, Forbidden
from vedette.model.quoting import quote
from vedette.ports.principal import ANONYMOUS, Principal

ADMIN: Final = "admin"
ANY_TENANT: Final = "*"
TENANT_BYTES_MAX: Final = 150
_TENANT: Final = re.compile(r"[a-zA-Z0-9!_.*'()-]+\Z")
_OPERATOR: Final = Principal(ANONYMOUS, "", frozenset({ADMIN}))


@dataclass(frozen=True, slots=True)
class Tenancy:
    """One entry of `tenants:` in vedette.yml: the user's own tenant, and others that the user may name (`*`: any)."""

    tenant: str
    may_name: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Tenants:
    by_user: Mapping[str, Tenancy] = field(default_factory=dict)

    def principal(self, scope: Scope, user: str) -> Principal:
        """`user` is authenticated, or empty where no users are configured. Raises Forbidden, BadInput."""
        named = header(scope, b"x-scope-orgid")
        if not named and not user:
            return _OPERATOR
        tenancy = self.by_user.get(user) or Tenancy(ANONYMOUS, frozenset({ANY_TENANT}), frozenset({ADMIN}))
        return Principal(_choose_tenant(tenancy, named, user), user, tenancy.roles)


def _choose_tenant(tenancy: Tenancy, named: str, user: str) -> str:
    if not named or named == tenancy.tenant:
        return tenancy.tenant
    check_tenant_name(named)
    if ANY_TENANT in tenancy.may_name or named in tenancy.may_name:
        return named
    raise Forbidden(
        f"user {quote(user)} may not name tenant {quote(named)}", hint="list it under tenants.<user>.may_name"
    )


def check_tenant_name(name: str) -> None:
    """Raises BadInput. Source: Grafana Mimir's rules for tenant ids, which the header's clients keep."""
    if not _TENANT.match(name) or name in (".", "..") or len(name) > TENANT_BYTES_MAX:
        raise BadInput(
            f"invalid tenant name in X-Scope-OrgID: {quote(name[:TENANT_BYTES_MAX])}",
            hint=f"at most {TENANT_BYTES_MAX} letters, digits and any of !-_.*'()",
        )


def owns_targets(principal: Principal) -> bool:
    """Scrape targets write into the default tenant and are nobody else's to see."""
    return principal.tenant == ANONYMOUS


def require_owner(principal: Principal) -> None:
    if not owns_targets(principal):
        raise Forbidden(f"the configuration belongs to tenant {ANONYMOUS}, not to tenant {principal.tenant}")


def require_admin(principal: Principal) -> None:
    if ADMIN not in principal.roles:
        raise Forbidden(f"user {quote(principal.user)} has no {ADMIN} role")
