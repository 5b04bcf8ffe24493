"""Bulk enrolment as a job."""
