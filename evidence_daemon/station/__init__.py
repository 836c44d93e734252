"""The station: recorders are docked, their files taken in, and they are let go again."""
