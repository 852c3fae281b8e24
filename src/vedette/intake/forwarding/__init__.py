"""Forwarding: what was committed is sent on to other servers by remote write. `manager.ForwardingManager` is the door."""
