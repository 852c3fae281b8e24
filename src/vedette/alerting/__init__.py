"""Alerts: rules that raise them, and the pipeline that groups, mutes and delivers them."""
