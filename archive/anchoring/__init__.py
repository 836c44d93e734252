"""Tokens of time-stamping authorities over the log's checkpoints: when, where kept, how renewed.

What an authority says bounds the time of everything that its checkpoint covers, whoever holds
the station's key. Nothing here holds anything else up: an authority that cannot be reached is
asked again later.
"""
