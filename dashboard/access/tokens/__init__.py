"""Tokens: with one, a program asks in a person's name. What it may do is its scopes, and what that person may do now.

A token stops at once when it expires or is revoked, and works for no closed account. The database has only a hash.
"""
