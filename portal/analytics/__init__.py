"""Figures and charts that people look at: dashboards, and what happened lately."""
