"""Measurements against peers in the same run. ``make bench`` runs them all.

Figures are medians of interleaved rounds, because the machine's speed drifts; a target that is
missed is printed as missed.
"""
