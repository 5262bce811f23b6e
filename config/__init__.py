"""What is listed: sources, sectors, document types and settings, read from YAML and checked before anything runs."""
