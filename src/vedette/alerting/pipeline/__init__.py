"""From a posted alert to a notification: grouped, muted where somebody wants silence, sent once, and again when it is time.

    post -> AlertTable (merged) -> groups by route -> a group is due -> inhibit -> active -> mute -> silence
         -> for each integration: dedup by the notification log -> send, with retries -> log

`core.py` is that as a pure machine over (state, event, moment): it answers what is to be sent and logged, and a test runs a
month of alerts through it in a second. `shell.py` carries its answers out.
"""
