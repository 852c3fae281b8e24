"""Rules over HTTP, on Mimir's paths and in its shapes: `/config/v1/rules[/{namespace}[/{group}]]`, YAML in and out.

POST takes one group; a change is checked, kept as a version with its author, and in force when the answer is sent.
`?versions=true` lists a namespace's versions, or those of all of them without their texts; in JSON where that is asked for.
Source: https://grafana.com/docs/mimir/latest/references/http-api/ (ruler).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol
from urllib.parse import unquote

import msgspec
import yaml

from vedette.api.answers import Answer
from vedette.api.principals import require_owner
from vedette.api.requests import Request
from vedette.api.routing import DELETE, GET, POST, Api, Endpoint, Route
from vedette.model.errors import BadInput, NotFound
from vedette.model.quoting import quote
from vedette.ports.principal import Principal

RULES_PATH: Final = "/config/v1/rules"
_BODY_BYTES_MAX: Final = 4 << 20
_YAML: Final = b"application/yaml"
_JSON: Final = "application/json"

Plain = Mapping[str, Any]
"""A group as plain values, as its YAML says it."""


class Version(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def time_ms(self) -> int: ...
    @property
    def user(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def text(self) -> str: ...


class RuleBook(Protocol):
    """What the doors below open on. Reads block and are made from worker threads."""

    def namespaces(self) -> Mapping[str, Sequence[Plain]]: ...

    def versions(self, namespace: str) -> Sequence[Version]:
        """Oldest first; of every namespace where the name is empty."""
        ...

    async def put(self, principal: Principal, namespace: str, text: str) -> None:
        """In force when it returns. Raises BadInput."""
        ...

    async def delete(self, principal: Principal, namespace: str, group: str) -> None:
        """All of the namespace where the group is empty. Raises NotFound."""
        ...


def routes(book: RuleBook) -> tuple[Route, ...]:
    return (
        Route(GET, RULES_PATH, _reader(book)),
        Route(GET, f"{RULES_PATH}/**", _reader(book)),
        Route(POST, f"{RULES_PATH}/**", _writer(book)),
        Route(DELETE, f"{RULES_PATH}/**", _deleter(book)),
    )


def _reader(book: RuleBook) -> Endpoint:
    async def read(api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        namespace, group = _place(request)
        wants_versions = (await request.parameters()).get("versions") in ("true", "1")

        def work() -> Answer:
            if wants_versions:
                return _describe_versions(book, namespace, request.header(b"accept"))
            found = book.namespaces()
            if namespace:
                found = {namespace: found[namespace]} if namespace in found else {}
            if not found:
                raise NotFound("no rule groups found")
            if not group:
                return _yaml({name: list(groups) for name, groups in found.items()})
            for each in found[namespace]:
                if each.get("name") == group:
                    return _yaml(each)
            raise NotFound("group does not exist")

        return await api.look_up(request, work)

    return read


def _writer(book: RuleBook) -> Endpoint:
    async def write(api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        namespace, group = _place(request)
        if not namespace or group:
            raise BadInput(f"a rule group is posted to {RULES_PATH}/NAMESPACE")
        body = await request.body(_BODY_BYTES_MAX)
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise BadInput(f"invalid UTF-8 at byte {error.start}") from None
        await book.put(request.principal, namespace, text)
        return _accepted()

    return write


def _deleter(book: RuleBook) -> Endpoint:
    async def delete(api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        await book.delete(request.principal, *_place(request))
        return _accepted()

    return delete


def _place(request: Request) -> tuple[str, str]:
    """(namespace, group), either empty where the path ends before it. A name may have slashes: escaped ones, a group's also plain."""
    namespace, _, group = request.encoded_path.partition(f"{RULES_PATH}/")[2].partition("/")
    try:
        return unquote(namespace, errors="strict"), unquote(group, errors="strict")
    except UnicodeDecodeError:
        raise BadInput(f"the name is not UTF-8: {quote(request.encoded_path)}") from None


def _describe_versions(book: RuleBook, namespace: str, accepted: str) -> Answer:
    found = [_describe_version(version) for version in book.versions(namespace)]
    if not namespace:
        for version in found:
            del version["text"]
    return Answer(msgspec.json.encode(found)) if _JSON in accepted else _yaml(found)


def _describe_version(version: Version) -> dict[str, Any]:
    when = datetime.fromtimestamp(version.time_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return {
        "version": version.number,
        "time": when.replace("+00:00", "Z"),
        "user": version.user,
        "namespace": version.namespace,
        "group": version.group,
        "deleted": not version.text,
        "text": version.text,
    }


def _accepted() -> Answer:
    return Answer(msgspec.json.encode({"status": "success", "data": None, "errorType": "", "error": ""}), 202)


def _yaml(value: Any) -> Answer:
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1 << 16)
    return Answer(text.encode(), content_type=_YAML)
