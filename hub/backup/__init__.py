"""The whole database in one file, taken while the hub runs, and brought back.

catalog.py    which tables there are, and in which order they can be filled
archive.py    the file: a zip of a COPY of each table, and of manifest.json
taking.py     `python -m hub backup FILE`
restoring.py  `python -m hub restore FILE`
aftermath.py  what a database that is older than the desks must know of itself
"""
