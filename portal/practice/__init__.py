"""The practice's own rules and words, changed by admins while the portal runs."""
