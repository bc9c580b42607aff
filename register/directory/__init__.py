"""The directory: branches, workshops, contract rows, their reviews, undertakings, imports."""

from register.directory.directory import Directory
from register.directory.record_upsert import Put

__all__ = ["Directory", "Put"]
