"""A measuring session on a board, and the result bundle it leaves behind."""
