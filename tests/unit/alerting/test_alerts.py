"""What an alert is, apart from any pipeline."""

from vedette.alerting.alerts import Alert, fingerprint, format_fingerprint
from vedette.model.labels import Labels


def test_the_fingerprint_is_the_references() -> None:
    """As Alertmanager 0.34 answers them at /api/v2/alerts."""
    assert format_fingerprint(fingerprint(Labels())) == "cbf29ce484222325"
    assert format_fingerprint(fingerprint(Labels.of(alertname="test"))) == "1f56cb8f931d1bd4"
    assert format_fingerprint(fingerprint(Labels.of(alertname="é", b='"x'))) == "325b47dcf5880682"


def test_an_alert_is_resolved_from_its_end_on() -> None:
    alert = Alert(Labels.of(alertname="a"), starts_at_ms=0, ends_at_ms=10)
    assert not alert.resolved_at(9)
    assert alert.resolved_at(10)
