"""Local stand-ins of the providers: a program of its own, that nothing in the product imports.

`python -m portal.sandbox` speaks their documented HTTP, and SMTP, and writes down what it was given.
"""
