"""The one collection of tables that the baseline makes and later revisions are compared with."""

from sqlalchemy import MetaData

metadata = MetaData()
