"""Reads the archive's originals, describes and tags them as documents, and indexes them: the library and the index."""
