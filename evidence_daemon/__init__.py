"""The program: configuration, the station, the API and the command line."""

__version__ = "0.1.0"
