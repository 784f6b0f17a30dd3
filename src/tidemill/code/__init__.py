"""Code: the user's own code, from the outside: how it is found and imported, and what it is.

It reads source files and imports modules; it never calls what they define.
"""
