"""Collections of premium and the one-day rule (R11): their clocks, warnings and breaches."""

from register.collections.deadlines import Breach, Deadlines, OpenCounts, Place
from register.collections.reading import CollectionRecord
from register.collections.recording import Collections
from register.collections.settling import collection_for, settle

__all__ = [
    "Breach",
    "CollectionRecord",
    "Collections",
    "Deadlines",
    "OpenCounts",
    "Place",
    "collection_for",
    "settle",
]
