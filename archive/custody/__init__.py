"""Custody: what can be said of a recording's times and hands, on what evidence, and what cannot."""
