"""Jira: one issue a group, found again by a label; made, updated, reopened and resolved. https://developer.atlassian.com/cloud/jira/platform/rest/v2/

    firing:   found open -> update                found done -> update, reopen      none -> create
    resolved: found open -> update, resolve       none -> nothing

Jira's cloud answers searches at /rest/api/3/search/jql only, its data centre at /search.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from vedette.alerting.config.paging import JiraConfig
from vedette.alerting.notification import Notification
from vedette.alerting.receivers.composing import composed
from vedette.alerting.receivers.http import HttpIntegration, Request, json_answer, json_request
from vedette.alerting.receivers.texts import Texts, truncate_runes
from vedette.model.errors import NotSent
from vedette.model.quoting import quote

SUMMARY_RUNES_MAX: Final = 255
DESCRIPTION_RUNES_MAX: Final = 32_767
_DONE: Final = "done"
_HEADERS: Final = {"Accept-Language": "en"}


@dataclass(frozen=True, slots=True)
class Issue:
    key: str
    is_done: bool


class Jira(HttpIntegration[JiraConfig]):
    kind = "jira"
    needs_answer: ClassVar[bool] = True

    async def notify(self, notification: Notification) -> Mapping[str, str]:
        texts = await composed(partial(Texts, notification, self._templates))
        issue = await self._find(texts)
        if issue is None and not texts.firing:
            return {}
        if issue is None:
            for request in await composed(partial(self.compose, texts)):
                await self.ask(request)
            return {}
        fields = self._updated(await composed(partial(self._fields, texts)))
        await self.ask(self._to(f"issue/{issue.key}", {"fields": fields}, method="PUT"))
        await self._transition(issue, firing=texts.firing)
        return {}

    def compose(self, texts: Texts) -> Sequence[Request]:
        """A new issue; all else depends on what Jira answers."""
        return [self._to("issue", {"fields": self._fields(texts)})]

    def _to(self, path: str, value: Any, *, method: str = "POST") -> Request:
        return json_request(f"{self.section.api_url.rstrip('/')}/{path}", value, method=method, headers=_HEADERS)

    async def _find(self, texts: Texts) -> Issue | None:
        """The group's issue: the open one, or the one that was closed last and may be reopened."""
        search = {"jql": self._query(texts), "maxResults": 2, "fields": ["status"]}
        answer = json_answer(await self.ask(json_request(self._search_url(), search, headers=_HEADERS)))
        issues = answer.get("issues") or []
        if not issues:
            return None
        try:
            status = issues[0]["fields"]["status"]["statusCategory"]["key"]
            return Issue(issues[0]["key"], status == _DONE)
        except (KeyError, TypeError):
            raise NotSent("Jira found an issue without key or status", retry=True) from None

    def _search_url(self) -> str:
        base, kind = self.section.api_url.rstrip("/"), self.section.api_type
        host = urlsplit(base).hostname or ""
        if kind == "cloud" or (kind == "auto" and host.endswith("atlassian.net")):
            return f"{base}/search/jql".replace("/rest/api/2/", "/rest/api/3/", 1)
        return f"{base}/search"

    def _query(self, texts: Texts) -> str:
        section = self.section
        conditions = []
        if section.wont_fix_resolution:  # `!=` alone would leave out what has no resolution yet
            conditions.append(f"(resolution is EMPTY or resolution != {quote(section.wont_fix_resolution)})")
        minutes = section.reopen_duration // 60_000
        if texts.firing and section.reopen_transition and minutes > 0:
            conditions.append(f"(resolutiondate is EMPTY OR resolutiondate >= -{minutes}m)")
        else:
            conditions.append("statusCategory != Done")
        conditions += [f"project={quote(texts.text(section.project))}", f"labels={quote(_label(texts))}"]
        return f"{' and '.join(conditions)} order by status ASC,resolutiondate DESC"

    def _fields(self, texts: Texts) -> dict[str, Any]:
        section, fill = self.section, texts.text
        fields: dict[str, Any] = {
            "summary": truncate_runes(fill(section.summary.template), SUMMARY_RUNES_MAX),
            "issuetype": {"name": fill(section.issue_type)},
            "project": {"key": fill(section.project)},
            "labels": sorted([*(fill(label) for label in section.labels), _label(texts)]),
        }
        description = truncate_runes(fill(section.description.template), DESCRIPTION_RUNES_MAX)
        if description.strip():
            fields["description"] = self._document(description)
        priority = fill(section.priority)
        if priority:
            fields["priority"] = {"name": priority}
        return fields | {name: texts.payload(value) for name, value in section.fields.items()}

    def _document(self, description: str) -> Any:
        """Version 3 of the API takes a document in JSON, which the template has to write."""
        if not self.section.api_url.rstrip("/").endswith("/3"):
            return description
        try:
            return json.loads(description)
        except ValueError:
            raise NotSent("description template: invalid JSON for API v3", retry=False) from None

    def _updated(self, fields: dict[str, Any]) -> dict[str, Any]:
        kept = {"summary": self.section.summary, "description": self.section.description}
        return {
            name: value for name, value in fields.items() if name not in kept or kept[name].enable_update is not False
        }

    async def _transition(self, issue: Issue, *, firing: bool) -> None:
        name = self.section.reopen_transition if firing else self.section.resolve_transition
        if not name or issue.is_done is not firing:
            return
        path = f"issue/{issue.key}/transitions"
        answer = json_answer(await self.ask(self._get(path)))
        ids = [each.get("id") for each in answer.get("transitions") or [] if each.get("name") == name]
        if not ids:
            raise NotSent(f"can't find transition {name} for issue {issue.key}", retry=False, reason="clientError")
        await self.ask(self._to(path, {"transition": {"id": ids[0]}}))

    def _get(self, path: str) -> Request:
        return Request(f"{self.section.api_url.rstrip('/')}/{path}", headers=_HEADERS, method="GET")


def _label(texts: Texts) -> str:
    return f"ALERT{{{texts.group_hash}}}"
