"""`manage.py delete_tasks`: what it says of a draft, and how it waits for the end. The rules are those of `actions`."""
