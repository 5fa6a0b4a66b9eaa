"""Code shared by the jobs."""
