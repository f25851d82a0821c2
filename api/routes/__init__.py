"""The HTTP surface: one router per noun."""
