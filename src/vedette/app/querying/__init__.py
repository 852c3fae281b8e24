"""`vedette query`: PromQL in the terminal, over HTTP or straight on a data directory.

arguments   what may be written         times     -1h, RFC 3339, unix
sources     who is asked: one protocol  remote    a server's HTTP API      local    a directory that no server has open
running     the verb                    tables    rows, JSON, CSV          plotting, units    a range as dots
"""
