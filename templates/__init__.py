"""Data only: the certificate, the pages, the messages and the static files."""
