"""How often and how closely a camera is looked at: its plan, change gate and bursts, and what gives way under load.

Everything here is pure: the caller brings the time and the pictures.
"""
