"""The audit: who did what to whose data, as a chain of sealed entries for each directory."""
