"""TypeScript as prettier breaks it, for the files that are generated."""

from __future__ import annotations

WIDTH = 80


def quoted(text: str) -> str:
    """Return a literal."""
    return f"'{text}'" if "'" not in text else f'"{text}"'


def key(word: str) -> str:
    """Return a property's name."""
    return word if word.isidentifier() else f"'{word}'"


def union(head: str, words: list[str]) -> str:
    """Return a union: one line, else two, else a line a word."""
    together = " | ".join(words)
    in_one, in_two = f"{head} = {together};", f"{head} =\n  {together};"
    in_many = f"{head} =\n" + "\n".join(f"  | {word}" for word in words) + ";"
    return fitting(in_one, in_two, otherwise=in_many)


def fitting(*forms: str, otherwise: str) -> str:
    """Return the first form that is not too wide."""
    return next((form for form in forms if max(map(len, form.splitlines())) <= WIDTH), otherwise)
