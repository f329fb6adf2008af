"""What every screen shares: the page around it, its words in two languages, its look, and how a refusal is shown.

The look stands on the design tokens of Japan's Digital Agency (npm, MIT); the style sheet is ours. This room has no
model and asks no database: what a page says comes from the room above that renders it.
"""
