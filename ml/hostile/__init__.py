"""Damaged and hostile files made out of valid ones, and what comes of reading them."""
