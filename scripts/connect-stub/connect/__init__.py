"""Stands for the package connect-openapi-client where scripts/try-connect.ts runs a report without Connect."""
