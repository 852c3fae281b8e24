"""Protocols and request values between rooms. Who implements a port lives above or beside; who uses it never knows which."""
