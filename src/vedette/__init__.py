"""Vedette watches a Kubernetes cluster and helps to steer it. The rooms and their arrows: docs/tour.md."""

__version__ = "0.1.0"
