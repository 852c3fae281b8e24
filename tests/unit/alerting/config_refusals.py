"""Faulty alertmanager.yml texts: where the error stands, and the reference's words for it (amtool 0.34 says them too)."""

from __future__ import annotations

from typing import Final

ROUTE: Final = "route: {receiver: a}\n"
RECEIVERS: Final = "receivers: [{name: a}]\n"


def with_route(text: str) -> str:
    """Lines of a route below the root; they begin at line 5."""
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return f"{RECEIVERS}route:\n  receiver: a\n  routes:\n  - receiver: a\n{lines}"


def with_section(kind: str, text: str, common: str = "") -> str:
    """One entry of `kind`; its lines begin at line 6."""
    lines = "".join(f"      {line}\n" for line in text.splitlines())
    return f"global: {{{common}}}\n{ROUTE}receivers:\n- name: a\n  {kind}_configs:\n    -\n{lines}"


def with_interval(text: str) -> str:
    """One time interval; its conditions stand at line 5."""
    return f"{ROUTE}{RECEIVERS}time_intervals:\n- name: t\n  time_intervals: [{{{text}}}]\n"


REFUSALS: Final[list[tuple[str, int, str, str]]] = [
    ("", 0, "", "no route provided in config"),
    (RECEIVERS, 1, "", "no route"),
    ("a: [", 2, "", "yaml: "),
    (ROUTE + RECEIVERS + "receivers: []", 3, "", "field receivers already set in type config.plain"),
    (ROUTE + RECEIVERS + "nothing: 1", 3, "", "field nothing not found in type config.plain"),
    (ROUTE + "receivers: [{name: b}]", 1, "route.receiver", 'undefined receiver "a" used in route'),
    (ROUTE + "receivers: [{name: a}, {name: a}]", 2, "receivers[1]", 'notification config name "a" is not unique'),
    (ROUTE + "receivers: [{labels: {}}]", 2, "receivers[0]", "missing name in receiver"),
    (
        ROUTE + "receivers: [{name: a, labels: {name: b}}]",
        2,
        "receivers[0]",
        'receiver label "name" must match receiver name "a", got "b"',
    ),
    (RECEIVERS + "route: {group_by: [a]}", 1, "", "root route must specify a default receiver"),
    (RECEIVERS + "route: {receiver: a, matchers: [a=b]}", 1, "", "root route must not have any matchers"),
    (RECEIVERS + "route: {receiver: a, match: {a: b}}", 1, "", "root route must not have any matchers"),
    (RECEIVERS + "route: {receiver: a, continue: true}", 1, "", "cannot have continue in root route"),
    (
        RECEIVERS + "route: {receiver: a, mute_time_intervals: [x]}",
        1,
        "",
        "root route must not have any mute time intervals",
    ),
    (
        RECEIVERS + "route: {receiver: a, active_time_intervals: [x]}",
        1,
        "",
        "root route must not have any active time intervals",
    ),
    (with_route("match: {'a-b': c}"), 5, "route.routes[0]", 'invalid label name "a-b"'),
    (with_route("match_re: {a: '('}"), 6, "route.routes[0].match_re.a", "error parsing regexp: missing closing )"),
    (with_route("match_re: {'a-b': c}"), 6, "route.routes[0].match_re", 'invalid label name "a-b"'),
    (with_route("matchers: ['a=~(']"), 6, "route.routes[0].matchers[0]", "error parsing regexp"),
    (with_route("matchers: ['=']"), 6, "route.routes[0].matchers[0]", "bad matcher format: ="),
    (with_route("matchers: a=b"), 6, "route.routes[0].matchers", "cannot unmarshal !!str `a=b` into []string"),
    (
        with_route("group_by: ['...', a]"),
        5,
        "route.routes[0]",
        "cannot have wildcard group_by (`...`) and other labels",
    ),
    (with_route("group_by: [a, b, a]"), 5, "route.routes[0]", 'duplicated label "a" in group_by'),
    (with_route("group_by: ['']"), 6, "route.routes[0].group_by[0]", 'invalid label name "" in group_by list'),
    (with_route("labels: {'': x}"), 6, "route.routes[0].labels", '"" is not a valid label name'),
    (with_route("group_interval: 0s"), 5, "route.routes[0]", "group_interval cannot be zero"),
    (with_route("repeat_interval: 0s"), 5, "route.routes[0]", "repeat_interval cannot be zero"),
    (with_route("group_wait: 5x"), 6, "route.routes[0].group_wait", 'unknown unit "x" in duration "5x"'),
    (
        with_route("mute_time_intervals: [t]"),
        6,
        "route.routes[0].mute_time_intervals[0]",
        'undefined time interval "t" used in route',
    ),
    (
        with_route("active_time_intervals: [t]"),
        6,
        "route.routes[0].active_time_intervals[0]",
        'undefined time interval "t" used in route',
    ),
    (
        f"{ROUTE}{RECEIVERS}inhibit_rules: [{{source_match: {{'a-b': c}}}}]",
        3,
        "inhibit_rules[0]",
        'invalid label name "a-b"',
    ),
    (
        f"{ROUTE}{RECEIVERS}inhibit_rules: [{{equal: ['']}}]",
        3,
        "inhibit_rules[0].equal[0]",
        'invalid label name "" in equal list',
    ),
    (
        f"{ROUTE}{RECEIVERS}time_intervals: [{{time_intervals: []}}]",
        3,
        "time_intervals[0]",
        "missing name in time interval",
    ),
    (
        f"{ROUTE}{RECEIVERS}mute_time_intervals: [{{time_intervals: []}}]",
        3,
        "mute_time_intervals[0]",
        "missing name in mute time interval",
    ),
    (f"{ROUTE}{RECEIVERS}time_intervals: [{{name: t}}, {{name: t}}]", 1, "route", 'time interval "t" is not unique'),
    (with_interval("location: Mars/Base"), 5, ".location", "unknown time zone Mars/Base"),
    (with_interval("weekdays: [funday]"), 5, ".weekdays[0]", "funday is not a valid weekday"),
    (with_interval("weekdays: ['friday:monday']"), 5, ".weekdays[0]", "start day cannot be before end day"),
    (with_interval("months: ['may:march']"), 5, ".months[0]", "end month march is before start month may"),
    (with_interval("months: [maytember]"), 5, ".months[0]", "maytember is not a valid month"),
    (with_interval("days_of_month: ['0']"), 5, ".days_of_month[0]", "0 is not a valid day of the month: out of range"),
    (with_interval("days_of_month: ['-1:5']"), 5, ".days_of_month[0]", "end day must be negative if start day is"),
    (with_interval("years: ['2030:2020']"), 5, ".years[0]", "end year 2020 is before start year 2030"),
    (with_interval("years: [x]"), 5, ".years[0]", 'strconv.Atoi: parsing "x": invalid syntax'),
    (
        with_interval("times: [{start_time: '9:00', end_time: '10:00'}]"),
        5,
        ".times[0]",
        "couldn't parse timestamp 9:00, invalid format",
    ),
    (with_interval("times: [{start_time: '09:00'}]"), 5, ".times[0]", "both start and end times must be provided"),
    (
        with_interval("times: [{start_time: '09:00', end_time: '09:00'}]"),
        5,
        ".times[0]",
        "start time cannot be equal or greater than end time",
    ),
    (
        with_section("webhook", "send_resolved: true"),
        7,
        "webhook_configs[0]",
        "one of url or url_file must be configured",
    ),
    (with_section("webhook", "url: http://x\nurl_file: y"), 7, "webhook_configs[0]", "at most one of url & url_file"),
    (
        with_section("webhook", "url: ftp://x"),
        7,
        "webhook_configs[0].url",
        'invalid URL: unsupported scheme "ftp" for URL',
    ),
    (with_section("webhook", "url: 'http://'"), 7, "webhook_configs[0].url", "invalid URL: missing host for URL"),
    (with_section("webhook", "url: 'http://{{ x'"), 7, "webhook_configs[0].url", "invalid template syntax: "),
    (with_section("webhook", "url: http://x\nmax_alerts: -1"), 8, "webhook_configs[0].max_alerts", "into uint64"),
    (with_section("webhook", "url: http://x\ntimeout: 1d"), 8, "webhook_configs[0].timeout", ""),
    (with_section("email", "to: ''"), 7, "email_configs[0]", "missing to address in email config"),
    (with_section("email", "to: x"), 7, "email_configs[0]", "no global SMTP smarthost set"),
    (with_section("email", "to: x\nsmarthost: 'a:25'"), 7, "email_configs[0]", "no global SMTP from set"),
    (
        with_section("email", "to: x\nsmarthost: a"),
        8,
        "email_configs[0].smarthost",
        "address a: missing port in address",
    ),
    (
        with_section("email", "to: x\nsmarthost: 'a:'"),
        8,
        "email_configs[0].smarthost",
        'address "a:": port cannot be empty',
    ),
    (
        with_section("email", "to: x\nheaders: {subject: a, SUBJECT: b}"),
        7,
        "email_configs[0]",
        'duplicate header "Subject" in email config',
    ),
    (
        with_section("email", "to: x\nthreading: {enabled: true, thread_by_date: weekly}"),
        7,
        "email_configs[0]",
        "threading.thread_by_date must be either 'none' or 'daily'",
    ),
    (
        with_section("email", "to: x\nheaders: {references: a}\nthreading: {enabled: true, thread_by_date: none}"),
        7,
        "email_configs[0]",
        "threading.enabled conflicts with custom References header",
    ),
    (
        with_section("slack", "channel: x"),
        7,
        "slack_configs[0]",
        "no Slack API URL nor App token set either inline or in",
    ),
    (
        with_section("slack", "api_url: http://x\nfields: [{title: x}]"),
        8,
        "slack_configs[0].fields[0]",
        "missing value in Slack field configuration",
    ),
    (
        with_section("slack", "api_url: http://x\nactions: [{type: button, text: t}]"),
        8,
        "slack_configs[0].actions[0]",
        "missing name or url in Slack action configuration",
    ),
    (
        with_section("slack", "app_token: x\nhttp_config: {authorization: {credentials: y}}"),
        7,
        "slack_configs[0]",
        "http authorization can't be set when using Slack App tokens",
    ),
    (
        with_section("pagerduty", "client: x"),
        7,
        "pagerduty_configs[0]",
        "missing service or routing key in PagerDuty config",
    ),
    (
        with_section("opsgenie", "api_key: x\nresponders: [{type: team}]"),
        8,
        "opsgenie_configs[0].responders[0]",
        "has to have at least one of id, username or name specified",
    ),
    (
        with_section("opsgenie", "api_key: x\nresponders: [{type: crowd, name: n}]"),
        8,
        "opsgenie_configs[0].responders[0]",
        "type does not match valid options ^(team|teams|user|escalation|schedule)$",
    ),
    (with_section("victorops", "api_key: x"), 7, "victorops_configs[0]", "missing Routing key in VictorOps config"),
    (
        with_section("victorops", "api_key: x\nrouting_key: y\ncustom_fields: {entity_id: z}"),
        7,
        "victorops_configs[0]",
        "victorOps config contains custom field entity_id which cannot be used",
    ),
    (
        with_section("pushover", "token: x"),
        7,
        "pushover_configs[0]",
        "one of user_key or user_key_file must be configured",
    ),
    (
        with_section("pushover", "token: x\nuser_key: y\nhtml: true\nmonospace: true"),
        7,
        "pushover_configs[0]",
        "at most one of monospace & html must be configured",
    ),
    (with_section("wechat", "api_secret: x"), 7, "wechat_configs[0]", "no global Wechat CorpID set"),
    (
        with_section("wechat", "api_secret: x\ncorp_id: y\nmessage_type: image"),
        7,
        "wechat_configs[0]",
        'weChat message type "image" does not match valid options ^(text|markdown)$',
    ),
    (
        with_section("telegram", "bot_token: x"),
        7,
        "telegram_configs[0]",
        "missing chat_id or chat_id_file on telegram_config",
    ),
    (
        with_section("telegram", "bot_token: x\nchat_id: 1\nparse_mode: RTF"),
        7,
        "telegram_configs[0]",
        "unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string",
    ),
    (
        with_section("discord", "title: x"),
        7,
        "discord_configs[0]",
        "one of webhook_url or webhook_url_file must be configured",
    ),
    (with_section("discord", "webhook_url: x"), 7, "discord_configs[0].webhook_url", 'unsupported scheme "" for URL'),
    (
        with_section("msteams", "webhook_url: http://x\nwebhook_url_file: y"),
        7,
        "msteams_configs[0]",
        "at most one of webhook_url & webhook_url_file must be configured",
    ),
    (with_section("webex", "message: x"), 7, "webex_configs[0]", "missing room_id on webex_config"),
    (with_section("webex", "room_id: x"), 7, "webex_configs[0]", "missing webex_configs.http_config.authorization"),
    (
        with_section("sns", "message: x"),
        7,
        "sns_configs[0]",
        "must provide either a Target ARN, Topic ARN, or Phone Number",
    ),
    (
        with_section("sns", "topic_arn: x\nsigv4: {access_key: a}"),
        8,
        "sns_configs[0].sigv4",
        "must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the SigV4 config",
    ),
    (with_section("jira", "issue_type: x"), 7, "jira_configs[0]", "missing project in jira_config"),
    (with_section("jira", "issue_type: x\nproject: y"), 7, "jira_configs[0]", "no global Jira Cloud URL set"),
    (
        with_section("jira", "issue_type: x\nproject: y\napi_type: lunar"),
        7,
        "jira_configs[0]",
        "unknown api_type on jira_config, must be auto, cloud or datacenter",
    ),
    (
        with_section("incidentio", "url: http://x\nhttp_config: {follow_redirects: true}"),
        7,
        "incidentio_configs[0]",
        "at least one of alert_source_token, alert_source_token_file or http_config.authorization must be configured",
    ),
    (
        with_section(
            "incidentio", "url: http://x\nalert_source_token: t\nhttp_config: {authorization: {credentials: y}}"
        ),
        7,
        "incidentio_configs[0]",
        "cannot specify alert_source_token or alert_source_token_file when using http_config.authorization",
    ),
    (
        with_section("rocketchat", "token: x"),
        7,
        "rocketchat_configs[0]",
        "no global Rocketchat TokenID set either inline or in a file",
    ),
    (
        with_section("mattermost", "text: x"),
        7,
        "mattermost_configs[0]",
        "missing webhook_url or webhook_url_file on mattermost_config",
    ),
    (
        with_section("mattermost", "webhook_url: http://x\nattachments: [{fields: [{value: v}]}]"),
        8,
        "mattermost_configs[0].attachments[0].fields[0]",
        "missing title in Mattermost field configuration",
    ),
    (f"{ROUTE}receivers: [{{name: a, webhook_configs: [~]}}]", 2, "webhook_configs[0]", "missing webhook config"),
    (f"{ROUTE}{RECEIVERS}tracing: {{client_type: http}}", 3, "tracing", "tracing endpoint must be set"),
    (
        f"{ROUTE}{RECEIVERS}event_recorder: {{fax_outputs: []}}",
        3,
        "event_recorder",
        "field fax_outputs not found in type eventrecorder.Config",
    ),
]

OUR_REFUSALS: Final[list[tuple[str, int, str, str]]] = [
    (
        with_section("dingtalk", "title: x"),
        7,
        "dingtalk_configs[0]",
        "one of webhook_url or webhook_url_file must be configured",
    ),
    (
        with_section("dingtalk", "webhook_url: http://x\nmessage_type: fax"),
        7,
        "dingtalk_configs[0]",
        'unknown message_type, must be markdown or text: "fax"',
    ),
    (
        with_section("feishu", "webhook_url: http://x\nsecret: a\nsecret_file: b"),
        7,
        "feishu_configs[0]",
        "at most one of secret & secret_file must be configured",
    ),
    (
        with_section("aliyun_sms", "sign_name: x"),
        7,
        "aliyun_sms_configs[0]",
        "missing access_key_id on aliyun_sms_config",
    ),
    (
        with_section("aliyun_sms", "access_key_id: a\nsign_name: b\ntemplate_code: c\nphone_numbers: ['1']"),
        7,
        "aliyun_sms_configs[0]",
        "one of access_key_secret or access_key_secret_file must be configured",
    ),
]
