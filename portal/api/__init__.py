"""The JSON door: one thin API over the same commands, queries and permissions as the pages."""
