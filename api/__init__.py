"""The service: HTTP to a verb of the library and back. It decides nothing."""
