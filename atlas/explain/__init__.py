"""Explanations by others: prompts and sounds out, answers in, their scores; and names that people give."""
