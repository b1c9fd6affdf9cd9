"""What clinicians write about their patients: medical notes, only ever added."""
