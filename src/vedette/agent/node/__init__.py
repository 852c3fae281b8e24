"""This machine's metrics under node_exporter's names: collectors read /proc and /sys, `exporter` renders one page of them."""
