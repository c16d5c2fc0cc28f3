"""Documents: JSON in, rows out. Nothing here knows a database."""
