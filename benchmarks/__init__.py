"""Pier One beside another registry on one machine: `python -m benchmarks`.

Standard library only, besides the load generators wrk, hey and curl; boto3 is loaded for its own row, matplotlib and
Pier One's SQL adapter for `--scaling`.
README.md tells how to run it and how to read what it writes.
"""
