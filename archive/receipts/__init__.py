"""Receipts: what a docking took, for the officer who brought the recorder.

A receipt is made from the log's entries of its docking alone, so it can be made again at any
time with the same bytes. Its digest is logged when the docking ends, and a proof of that entry
lets whoever holds the receipt show it to be the station's word.
"""
