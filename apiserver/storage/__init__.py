"""Photographs and archives in the object store."""
