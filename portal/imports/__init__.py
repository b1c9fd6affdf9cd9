"""Lists brought in from files: a dry run that names every problem, then all or nothing."""
