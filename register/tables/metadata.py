"""The one collection of tables that the migrations are compared with."""

from sqlalchemy import MetaData

metadata = MetaData()
