"""Made-up stories for a machine without network and without a recording.

How many comments a story gets follows from its kind, topic, site, author and hour, times a lot of luck, so
that there is something to learn and not everything can be learnt. The numbers are invented: they say nothing
about Hacker News.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

COUNT = 20_000
SECONDS_APART = 75
NEWEST = 1_700_000_000

# Name → how much more (or less) talk it causes, as a natural logarithm.
TOPICS = {
    "garbage collection in Go": 0.1, "Rust lifetimes": 0.7, "remote work": 1.5, "open-plan offices": 1.8,
    "Postgres indexes": 0.2, "SQLite": 0.5, "technical interviews": 1.9, "a tiny C compiler": -0.2,
    "mechanical keyboards": 0.6, "the James Webb telescope": -0.5, "graph colouring": -1.4, "Emacs": 0.9,
    "tabs and spaces": 1.6, "JavaScript frameworks": 1.3, "protein folding": -1.0,
    "a Lisp in 99 lines": -0.4, "rent control": 1.4, "electric cars": 1.2, "sourdough": -0.3,
    "old synthesizers": -0.8, "type inference": -0.5, "Kubernetes": 1.0, "home servers": 0.4,
    "four-day weeks": 1.7, "elliptic curves": -1.1, "bicycle lanes": 1.1, "vector databases": 0.0,
    "bird migration": -1.3, "static site generators": 0.3, "password managers": 0.8,
}  # fmt: skip
FORMS = {
    "Why we stopped caring about {}": 0.5, "The case against {}": 0.9, "A gentle introduction to {}": -0.5,
    "{}, explained with pictures": -0.4, "What I learned from ten years of {}": 0.2,
    "{} considered harmful": 0.7, "The hidden history of {}": -0.3, "Notes on {} [pdf]": -1.0,
    "{} in the browser": -0.1, "How {} broke our weekend": 0.3, "Lessons from {} at a small company": 0.0,
    "Have we had enough of {}?": 0.8, "Ask HN: How do you deal with {}?": 1.0,
    "Ask HN: Where can I read about {}?": -0.2, "Show HN: I made a tool for {}": -0.6,
    "Show HN: {}, in 500 lines": -0.3,
}  # fmt: skip
SITES = {
    "example-times.com": 0.9, "papers.example.org": -0.9, "medium.example.com": -0.4,
    "blog.example.net": -0.1, "code.example.dev": 0.1, "video.example.tv": -1.2, "weekly.example.com": 0.5,
    "lab.example.edu": -0.6, "longreads.example.com": 0.3, "status.example.io": 0.6,
}  # fmt: skip
AUTHORS = {f"{name}{number}": 0.4 * ((3 * number + len(name)) % 5 - 2) / 2
           for name in ("ada", "brook", "cass", "devi", "eli", "finn") for number in range(8)}  # fmt: skip
NAMES = [one + two + three for one in ("Kor", "Vel", "Zan", "Ari", "Mon", "Tal", "Bex", "Ulo", "Fin", "Har")
         for two in ("va", "do", "ri", "mu", "le", "sho", "qui", "ta", "no", "ze")
         for three in ("ne", "x", "base", "ly", "sys", "ra", "gen", "pad", "zo", "wick")]  # fmt: skip


def generated_stories(seed: int) -> pd.DataFrame:
    """20,000 made-up stories with the columns of the live API, oldest first; the same for the same seed."""
    random = np.random.default_rng(seed)
    known = (TOPICS, FORMS, SITES, AUTHORS)
    topic, form, site, author = (random.integers(len(names), size=COUNT) for names in known)
    moment = NEWEST - SECONDS_APART * np.arange(COUNT)[::-1] - random.integers(SECONDS_APART, size=COUNT)
    templates, topics, sites, authors = list(FORMS), list(TOPICS), list(SITES), list(AUTHORS)
    titles = [templates[f].format(topics[t]) for f, t in zip(form, topic, strict=True)]
    for number in np.flatnonzero(random.random(COUNT) < 0.3):
        first, last = random.integers(len(NAMES), size=2)
        titles[number] += f" (with {NAMES[first]} {NAMES[last]})"
    asked = np.array([title.startswith("Ask HN") for title in titles])

    hour = moment // 3_600 % 24
    cause = 1.5 + _effects(TOPICS)[topic] + _effects(FORMS)[form] + _effects(AUTHORS)[author]
    cause += np.where(asked, 0.0, _effects(SITES)[site]) + 0.3 * np.cos((hour - 15) / 24 * 2 * np.pi)
    comments = np.floor(np.exp(cause + random.normal(scale=0.9, size=COUNT))).astype(int)
    urls = [None if asked[i] else f"https://{sites[site[i]]}/{i}" for i in range(COUNT)]
    return pd.DataFrame(
        {
            "id": 30_000_000 + 9 * np.arange(COUNT),
            "title": [title[:1].upper() + title[1:] for title in titles],
            "type": "story",
            "by": [authors[number] for number in author],
            "time": moment,
            "url": urls,
            "score": 1 + comments * 2 + random.integers(20, size=COUNT),
            "descendants": np.minimum(comments, 1_500),
        }
    )


def _effects(names: dict[str, float]) -> np.ndarray:
    return np.array(list(names.values()))
