"""Prometheus' configuration file: typed, frozen, with the place of every error. `load_config` is the entry."""

from vedette.intake.config.load import check_config, load_config, render_config
from vedette.intake.config.sections import GlobalConfig, PrometheusConfig, ScrapeConfig

__all__ = ["GlobalConfig", "PrometheusConfig", "ScrapeConfig", "check_config", "load_config", "render_config"]
