"""Words: catalogues and templates, how they are read and how they are filled in."""
