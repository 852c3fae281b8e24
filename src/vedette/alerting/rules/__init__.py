"""Rules: expressions evaluated again and again, whose answers become series (recording) or alerts (alerting).

file_format   a rule file, read and checked          definitions   what is to be evaluated, as values
evaluation    one group, once: pure of time and net  manager       the loops that call it
alert_states  inactive, pending, firing              restoring     `for` goes on after a restart
"""
