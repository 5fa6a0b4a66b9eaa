"""Code shared by the flows: commands, tasks, policies and alerts."""
