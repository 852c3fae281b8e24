"""The reference programs as processes of a test: started on loopback, asked, stopped by their own process id."""
