"""Export of a directory as a job."""
