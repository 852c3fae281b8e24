"""`sigv4`: how requests to Amazon are signed. Source: prometheus/sigv4 0.4.1, messages included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from vedette.intake.config.values import NO_SECRET, Secret
from vedette.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class SigV4Config:
    """Keys left out are found as Amazon's clients find them (intake/aws/keys.py)."""

    TYPE: ClassVar[str] = "sigv4.plain"
    region: str = ""
    access_key: str = ""
    secret_key: Secret = NO_SECRET
    profile: str = ""
    role_arn: str = ""
    external_id: str = ""
    use_fips_sts_endpoint: bool = False
    service_name: str = ""

    def check(self) -> Self:
        if bool(self.access_key) != bool(self.secret_key):
            raise BadInput(
                "must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the SigV4 config"
            )
        if self.external_id and not self.role_arn:
            raise BadInput("external_id can only be used with role_arn")
        return self
