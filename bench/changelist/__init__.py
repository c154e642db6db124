"""Our list's peer: Django admin's changelist of the same rows in the same server, as a Django user would write it."""
