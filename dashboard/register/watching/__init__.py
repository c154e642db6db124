"""A folder whose client records and `urls.yaml` are imported as they change.

`scanning` finds what is there, `progress` knows what was read, `rounds` imports what is new.
"""
