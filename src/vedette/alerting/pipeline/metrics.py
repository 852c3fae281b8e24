"""The pipeline's own metrics under the reference's names, which public mixins and dashboards read."""

from __future__ import annotations

from typing import Final

from vedette.alerting.config import KINDS
from vedette.alerting.pipeline.muting import Stage
from vedette.model.telemetry import counter, gauge, histogram

RECEIVED: Final = counter("alertmanager_alerts_received", "Alerts that were posted.", ("status", "version"))
INVALID: Final = counter("alertmanager_alerts_invalid", "Posted alerts that were refused.", ("version",))
LIMITED: Final = counter("alertmanager_alerts_limited", "Posted alerts that were refused at the limit of alerts.")
ALERTS: Final = gauge("alertmanager_alerts", "Alerts that fire, by state.", ("state",))
GROUPS: Final = gauge("alertmanager_dispatcher_aggregation_groups", "Groups of alerts.")
PROCESSING: Final = histogram(
    "alertmanager_dispatcher_alert_processing_duration_seconds", "Time to put posted alerts into their groups."
)
SENT: Final = counter("alertmanager_notifications", "Notifications to be sent.", ("integration",))
FAILED: Final = counter(
    "alertmanager_notifications_failed", "Notifications given up in their interval.", ("integration", "reason")
)
REQUESTS: Final = counter("alertmanager_notification_requests", "Tries to send a notification.", ("integration",))
FAILED_REQUESTS: Final = counter("alertmanager_notification_requests_failed", "Tries that failed.", ("integration",))
LATENCY: Final = histogram(
    "alertmanager_notification_latency_seconds",
    "Time of a try to send.",
    ("integration",),
    buckets=(1.0, 5.0, 10.0, 15.0, 20.0),
)
SUPPRESSED: Final = counter(
    "alertmanager_notifications_suppressed", "Alerts that a stage kept out of a notification.", ("reason",)
)
SILENCES: Final = gauge("alertmanager_silences", "Silences by state.", ("state",))
LOG_ENTRIES: Final = gauge("alertmanager_nflog_entries", "Entries of the notification log.")
RECEIVERS: Final = gauge("alertmanager_receivers", "Receivers that routes use.")
INTEGRATIONS: Final = gauge("alertmanager_integrations", "Integrations of the receivers that routes use.")
INHIBITION_RULES: Final = gauge("alertmanager_inhibition_rules", "Configured inhibition rules.")
CONFIG_HASH: Final = gauge("alertmanager_config_hash", "Hash of the configuration in force.")
RELOADED: Final = gauge("alertmanager_config_last_reload_successful", "1 if the last reload succeeded.")
RELOADED_AT: Final = gauge("alertmanager_config_last_reload_success_timestamp_seconds", "When a reload last succeeded.")
CLUSTER_ENABLED: Final = gauge("alertmanager_cluster_enabled", "1 if several servers share the control database.")
CLUSTER_MEMBERS: Final = gauge("alertmanager_cluster_members", "Servers that share the control database.")
PEER_POSITION: Final = gauge("alertmanager_peer_position", "0 for the server that notifies, 1 for the others.")

FAILURE_REASONS: Final = ("clientError", "serverError", "contextCanceled", "contextDeadlineExceeded", "other")


def initialise() -> None:
    """Every series exists from the start, at zero, so that rates over them are right the first time."""
    for kind in KINDS:
        for metric in (SENT, REQUESTS, FAILED_REQUESTS, LATENCY):
            metric.labels(kind)
        for reason in FAILURE_REASONS:
            FAILED.labels(kind, reason)
    for stage in Stage:
        SUPPRESSED.labels(stage.value)
    for status in ("firing", "resolved"):
        RECEIVED.labels(status, "v2")
    INVALID.labels("v2")
