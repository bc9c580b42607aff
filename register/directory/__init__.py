"""The directory: branches, workshops, contract rows, their reviews, undertakings, imports."""

from register.directory.directory import Directory
from register.directory.feeding import Put

__all__ = ["Directory", "Put"]
