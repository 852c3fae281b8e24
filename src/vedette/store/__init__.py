"""The store behind its port: tables on the embedded engine, and an in-memory twin."""
