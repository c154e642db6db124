"""Forget: erases the words and pictures of tasks, here and for good, and certifies it (`docs/forgetting.md`)."""
