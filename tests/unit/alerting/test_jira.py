"""Jira: one issue a group, through its life."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.alerting.vendors import (
    GROUP_HASH,
    Answer,
    Asked,
    alert,
    integration,
    json_says,
    notification,
    send,
    vendor,
)
from vedette.alerting.config.paging import JiraConfig
from vedette.alerting.config.scalars import HttpUrl
from vedette.alerting.notification import Notification
from vedette.alerting.receivers.jira import Jira
from vedette.alerting.templates import Templates
from vedette.model.errors import NotSent

SECTION = "api_url: URL/rest/api/2\nproject: '{{ .GroupLabels.alertname }}'\nissue_type: Bug\nlabels: [z, '{{ .Status }}']\nfields: {customfield_1: {value: '{{ .Status }}'}}"
TRANSITIONS = "reopen_transition: Reopen\nresolve_transition: Done\nreopen_duration: 1h\nwont_fix_resolution: No"
RESOLVED = notification(alert(resolved=True))
CREATED = json_says({"key": "P-1"}, 201)
CHANGED = Answer(204, b"")
LABEL = f"ALERT{{{GROUP_HASH}}}"


def found(status: str = "") -> Answer:
    issue = {"key": "P-7", "fields": {"status": {"name": "x", "statusCategory": {"key": status}}}}
    return json_says({"issues": [issue] if status else []})


def talk(section: str, *answers: Answer, what: Notification | None = None) -> list[Asked]:
    async def run() -> list[Asked]:
        async with vendor(*answers) as server:
            await send(integration("jira", section.replace("URL", server.url)), what)
            return server.asked

    return asyncio.run(run())


def steps(asked: list[Asked]) -> list[str]:
    return [f"{each.method} {each.path.removeprefix('/rest/api/2')}" for each in asked]


def test_an_issue_is_made_for_a_group_that_has_none() -> None:
    search, create = talk(SECTION, found(), CREATED)
    assert steps([search, create]) == ["POST /search", "POST /issue"]
    assert search.json == {
        "jql": f'statusCategory != Done and project="Slow" and labels="{LABEL}" order by status ASC,resolutiondate DESC',
        "maxResults": 2,
        "fields": ["status"],
    }
    fields = create.json["fields"]
    assert (fields["summary"], fields["project"], fields["issuetype"]) == (
        "[firing 1] Slow (critical)",
        {"key": "Slow"},
        {"name": "Bug"},
    )
    assert fields["labels"] == [LABEL, "firing", "z"]
    assert (fields["priority"], fields["customfield_1"]) == ({"name": "High"}, {"value": "firing"})
    assert "**Slow**" in fields["description"]


def test_nothing_is_made_for_a_group_that_is_resolved() -> None:
    assert steps(talk(SECTION, found(), what=RESOLVED)) == ["POST /search"]


def test_an_open_issue_is_updated() -> None:
    section = f"{SECTION}\nsummary: {{template: s, enable_update: false}}"
    _, update = talk(section, found("new"), CHANGED)
    assert (update.method, update.path) == ("PUT", "/rest/api/2/issue/P-7")
    assert "summary" not in update.json["fields"]
    assert "description" in update.json["fields"]


def test_a_resolved_group_resolves_its_issue() -> None:
    moves = json_says({"transitions": [{"id": "5", "name": "Other"}, {"id": "9", "name": "Done"}]})
    asked = talk(f"{SECTION}\n{TRANSITIONS}", found("new"), CHANGED, moves, CHANGED, what=RESOLVED)
    assert steps(asked) == [
        "POST /search",
        "PUT /issue/P-7",
        "GET /issue/P-7/transitions",
        "POST /issue/P-7/transitions",
    ]
    assert asked[-1].json == {"transition": {"id": "9"}}
    assert "statusCategory != Done" in asked[0].json["jql"]


def test_a_closed_issue_is_reopened_where_that_is_allowed() -> None:
    moves = json_says({"transitions": [{"id": "3", "name": "Reopen"}]})
    asked = talk(f"{SECTION}\n{TRANSITIONS}", found("done"), CHANGED, moves, CHANGED)
    assert asked[-1].json == {"transition": {"id": "3"}}
    assert (
        asked[0]
        .json["jql"]
        .startswith(
            '(resolution is EMPTY or resolution != "No") and (resolutiondate is EMPTY OR resolutiondate >= -60m) and project'
        )
    )


def test_a_transition_that_is_not_there_is_final() -> None:
    with pytest.raises(NotSent, match="can't find transition Done for issue P-7") as caught:
        talk(f"{SECTION}\n{TRANSITIONS}", found("new"), CHANGED, json_says({"transitions": []}), what=RESOLVED)
    assert not caught.value.retry


@pytest.mark.parametrize(
    ("api_url", "api_type", "search"),
    [
        ("https://x.atlassian.net/rest/api/2/", "auto", "https://x.atlassian.net/rest/api/3/search/jql"),
        ("https://jira.corp/rest/api/2", "auto", "https://jira.corp/rest/api/2/search"),
        ("https://jira.corp/rest/api/2", "cloud", "https://jira.corp/rest/api/3/search/jql"),
        ("https://x.atlassian.net/rest/api/2", "datacenter", "https://x.atlassian.net/rest/api/2/search"),
    ],
)
def test_the_cloud_and_the_data_centre_search_at_different_places(api_url: str, api_type: str, search: str) -> None:
    jira = Jira(JiraConfig(api_url=HttpUrl(api_url), api_type=api_type), 0, Templates())
    assert jira._search_url() == search


def test_version_3_takes_the_description_as_a_document() -> None:
    section = SECTION.replace("api/2", "api/3") + '\ndescription: \'{"type": "doc", "n": {{ len .Alerts }}}\''
    assert talk(section, found(), CREATED)[1].json["fields"]["description"] == {"type": "doc", "n": 1}
    with pytest.raises(NotSent, match="invalid JSON for API v3") as caught:
        talk(SECTION.replace("api/2", "api/3"), found(), CREATED)
    assert not caught.value.retry


def test_texts_keep_to_jiras_limits() -> None:
    long = "'{{ .CommonAnnotations.summary }}'"
    what = notification(alert(text="长" * 40_000))
    fields = talk(f"{SECTION}\nsummary: {long}\ndescription: {long}", found(), CREATED, what=what)[1].json["fields"]
    assert (len(fields["summary"]), len(fields["description"])) == (255, 32_767)


def test_too_many_requests_are_tried_again() -> None:
    with pytest.raises(NotSent) as caught:
        talk(SECTION, Answer(429, b"", {"Retry-After": "3"}))
    assert (caught.value.retry, caught.value.after_s) == (True, 3.0)
