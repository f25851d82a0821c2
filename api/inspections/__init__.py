"""Inspections: what a supervisor finds at a site line by line, and whether it may supply others (pre-inspection)."""
