"""The renderer's version: part of every cache key, raised with each change of what a scene looks like."""

RENDERER = "2026.11.26-1"
