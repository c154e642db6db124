"""The peer of our list: Django admin's changelist of the same rows in the same server, as Django users write it."""
