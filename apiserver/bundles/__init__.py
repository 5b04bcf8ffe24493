"""The bundle, the file format of exports and imports."""
