"""Ranked, typo-tolerant search over runbooks, fast enough for every keystroke at 5,000 files.

Two layers. The words of titles, keywords, alert names, when-to-use and headings form a vocabulary of some ten
thousand; a query's words are looked up there exactly, as a beginning, inside a word and, failing all that, with one or
two letters wrong. The whole text is only scanned for the words as they stand. Every word of a query must be found
somewhere.

An index is filled from one thread while another searches it: lists only ever grow, and are copied before iterating.
"""

from __future__ import annotations

import re
import zlib
from array import array
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from tui.model.header import Header
from tui.model.markdown import Heading

Field = Literal["title", "keywords", "alerts", "when", "heading", "text"]
FIELDS: tuple[Field, ...] = ("title", "keywords", "alerts", "when", "heading", "text")
_WEIGHTS = (100.0, 80.0, 70.0, 40.0, 35.0, 10.0)
"""What a word is worth by the field it is found in, in the order of FIELDS."""

_EXACT, _BEGINS, _INSIDE, _MISSPELT = 1.0, 0.85, 0.6, 0.5
"""How good a match is, as a factor."""

_PHRASE = 50.0
"""Added where the title holds the query as it was typed, and a tenth of it where the text does."""

_FIRST = 50
"""Hits whose text is looked at for the whole phrase: more than anybody reads."""

_REMEMBERED = 64
"""Words whose rows are remembered."""

_TEXT = FIELDS.index("text")
_SHIFT = 3
"""A posting is the row in the high bits and the field in the low ones."""

_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class Match(msgspec.Struct, frozen=True, gc=False):
    """One row that matches: its number, its score, and the field its least prominent word was found in."""

    row: int
    score: float
    field: Field


def words(text: str) -> list[str]:
    """Words of a text in lower case; `_` and `-` part them."""
    return _WORD.findall(text.lower())


def camel_words(name: str) -> list[str]:
    """Words of a name such as QueueDepthHigh, and the name itself."""
    return [name.lower(), *(part.lower() for part in _CAMEL.findall(name))]


class Index:
    """What is searched, one row per runbook; see the module for the rules."""

    def __init__(self) -> None:
        self._titles: list[str] = []
        self._texts: list[bytes] = []
        """The different words of each text, in no order: a third of the text itself."""
        self._sources: list[bytes] = []
        self._ids: dict[str, int] = {}
        self._vocabulary: list[str] = []
        self._postings: list[array[int]] = []
        self._held: dict[str, frozenset[int]] = {}
        self.complete = False
        """Whether every row has its text; until then nothing is remembered between two searches."""

    def add(self, title: str, header: Header) -> int:
        """A further row, by what its header says; its number."""
        row = len(self._titles)
        self._texts.append(b"")
        self._sources.append(b"")
        self._titles.append(title.lower())
        self._post(row, "title", words(title))
        for keyword in header.keywords:
            self._post(row, "keywords", words(keyword))
        for alert in header.alerts:
            self._post(row, "alerts", camel_words(alert))
        self._post(row, "when", words(header.when))
        return row

    def add_text(self, row: int, headings: Iterable[Heading], text: str) -> None:
        """The headings and the whole text of a row."""
        for heading in headings:
            self._post(row, "heading", words(heading.title))
        self._sources[row] = zlib.compress(text.encode(), 1)
        self._texts[row] = " ".join(set(words(text))).encode()

    def source(self, row: int) -> str:
        """The whole text of a row, empty until it was added."""
        packed = self._sources[row]
        return zlib.decompress(packed).decode() if packed else ""

    def _post(self, row: int, field: Field, found: Sequence[str]) -> None:
        posting = row << _SHIFT | FIELDS.index(field)
        for word in found:
            number = self._ids.get(word)
            if number is None:
                number = self._ids[word] = len(self._vocabulary)
                self._postings.append(array("l"))
                self._vocabulary.append(word)
            postings = self._postings[number]
            if not postings or postings[-1] != posting:
                postings.append(posting)

    # ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def search(self, query: str) -> list[Match]:
        """Rows that hold every word of `query`, best first; rows of equal score in their order."""
        asked = sorted(set(words(query)), key=len, reverse=True)
        if not asked:
            return []
        scores: dict[int, float] = {}
        fields: dict[int, int] = {}
        for position, word in enumerate(asked):
            best = self._rows(word)
            for row in self._holding(word).difference(best):
                best[row] = (_WEIGHTS[_TEXT], _TEXT)
            if position:
                scores = {row: score + best[row][0] for row, score in scores.items() if row in best}
            else:
                scores = {row: score for row, (score, _) in best.items()}
            for row in scores:
                fields[row] = max(fields.get(row, 0), best[row][1])
        phrase = " ".join(query.lower().split())
        for row in scores:
            if phrase in self._titles[row]:
                scores[row] += _PHRASE + _PHRASE / (1 + len(self._titles[row]) - len(phrase))
        ranked = sorted(scores, key=lambda row: (-scores[row], row))
        if len(asked) > 1:
            for row in ranked[:_FIRST]:
                if phrase in self.source(row).lower():
                    scores[row] += _PHRASE / 10
            ranked[:_FIRST] = sorted(ranked[:_FIRST], key=lambda row: (-scores[row], row))
        return [Match(row, scores[row], FIELDS[fields[row]]) for row in ranked]

    def _rows(self, word: str) -> dict[int, tuple[float, int]]:
        """Rows whose vocabulary has something like `word`: score and field of the best."""
        best: dict[int, tuple[float, int]] = {}
        for number, quality in self._like(word):
            for posting in self._postings[number][:]:
                row, field = posting >> _SHIFT, posting & (1 << _SHIFT) - 1
                score = quality * _WEIGHTS[field]
                if row not in best or score > best[row][0]:
                    best[row] = (score, field)
        return best

    def _like(self, word: str) -> list[tuple[int, float]]:
        """Numbers of the words of the vocabulary that `word` may mean, with the quality of the match."""
        vocabulary = self._vocabulary[:]
        if len(word) < 3:  # noqa: PLR2004 - inside a word, one or two letters say nothing
            found = [(number, _BEGINS) for number, known in enumerate(vocabulary) if known.startswith(word)]
        else:
            found = [
                (number, _BEGINS if known.startswith(word) else _INSIDE)
                for number, known in enumerate(vocabulary)
                if word in known
            ]
        exact = self._ids.get(word)
        if exact is not None:
            return [(exact, _EXACT), *((number, quality) for number, quality in found if number != exact)]
        return found or _misspelt(word, vocabulary)

    def _holding(self, word: str) -> frozenset[int]:
        """Rows whose text holds `word`.

        What was found for the words typed last is remembered: a longer word is only looked for where its beginning was.
        """
        known = self._held.get(word)
        if known is not None:
            return known
        beginnings = (self._held.get(word[:end]) for end in range(len(word) - 1, 0, -1))
        candidates: Iterable[int] | None = next((rows for rows in beginnings if rows is not None), None)
        packed, texts = word.encode(), self._texts
        if candidates is None:
            candidates = range(len(self._titles))
        found = frozenset([row for row in candidates if packed in texts[row]])
        if self.complete:
            while len(self._held) >= _REMEMBERED:
                self._held.pop(next(iter(self._held)), None)
            self._held[word] = found
        return found


def warm_up() -> None:
    """Import what a misspelt word needs while nobody waits for it."""
    _misspelt("nothing", [])


def _misspelt(word: str, vocabulary: list[str]) -> list[tuple[int, float]]:
    """Words of the vocabulary that differ from `word`, or begin differing from it, in a letter or two."""
    from rapidfuzz import process  # 20 ms that starting the program must not pay
    from rapidfuzz.distance import OSA

    wrong = 0 if len(word) < 4 else 1 if len(word) < 8 else 2  # noqa: PLR2004 - short words are all alike
    if not wrong:
        return []
    beginnings = [known[: len(word)] for known in vocabulary]
    best: dict[int, float] = {}
    for choices in (vocabulary, beginnings):
        for _, distance, number in process.extract(
            word, choices, scorer=OSA.distance, score_cutoff=wrong, limit=None, processor=None
        ):
            best[number] = max(best.get(number, 0.0), _MISSPELT * (1 - distance / (len(word) + 1)))
    return list(best.items())
