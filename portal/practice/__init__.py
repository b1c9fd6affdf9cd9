"""What a practice decides by itself, without whoever runs the machines: its rules, and who changed which when."""
