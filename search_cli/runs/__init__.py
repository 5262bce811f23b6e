"""The report of each run of the crawler: what came, what went, which sources are broken, and what to do about it.

    <home>/reports/run-000123.json      everything, as docs/runs.md names it
    <home>/reports/run-000123.html      the same for people: one file that stands alone

A report is made of what archive and library say, so one that is lost can be made again.
"""
