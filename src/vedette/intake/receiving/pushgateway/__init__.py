"""Pushgateway 1.11: groups of metrics that jobs push and that stay until they are pushed again or deleted.

grouping   the URL's path to a group's labels
parsing    a body to families
groups     what a push does to the groups, and when it contradicts them
files      one file a group in the data directory
rendering  the groups as a page and as the reference's JSON
gateway    all of it under one lock; the feeder brings the groups into the store every 15 s
"""
