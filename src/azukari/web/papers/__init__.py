"""What people read on paper, as PDF: set here, with the letters in the file. No model, no verdict of its own.

A PDF without its font shows blanks in readers that have no Japanese one: what is used of Noto Sans JP (OFL 1.1) goes along.
"""
