"""A sibling of predict.py, imported from it by its bare name."""

import re


def tokens(text):
    return re.findall(r"[a-z']+", text.lower())
