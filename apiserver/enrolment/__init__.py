"""Enrolment of faces: which face is enrolled, the gallery, and warnings."""
