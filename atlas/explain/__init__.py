"""Explanations by others: prompts and sounds out, answers in, their scores."""
