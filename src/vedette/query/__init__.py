"""Query languages: parse, plan, scan, execute. They share only query/shared."""
