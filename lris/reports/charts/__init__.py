"""Charts as SVG: drawn by matplotlib, the same bytes each time, with their words kept as words.

Colours are those of Okabe and Ito, which people tell apart whatever their eyes are like; wherever a
colour says something a shape or a word says it too, so that print in black and white loses nothing.
"""
