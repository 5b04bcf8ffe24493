"""Enrolment of a face, and what is doubtful about it."""
