"""The HTML door: pages, forms and fragments, thin over the capabilities."""
