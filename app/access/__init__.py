"""Who may see the screens: where the app listens, who signs in, for how long, and how fast.

Nothing here draws; the one that does is `app.components.gate`.
"""
