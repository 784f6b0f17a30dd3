"""The example's stories: how the live API, a recording and the generator are read. No network, no disk."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

sys.path.append(str(Path(__file__).parents[2] / "examples" / "hackernews"))
stories = import_module("stories")
generated = import_module("generated")
text = import_module("text")
regression = import_module("regression")
scoring = import_module("scoring")

STORY = {
    "id": 5,
    "type": "story",
    "title": "A tiny C compiler",
    "by": "ada",
    "time": 100,
    "score": 3,
    "descendants": 2,
}
HEADER = "id,title,url,num_points,num_comments,author,created_at\n"


class Scripted(BaseAdapter):
    """A transport that answers from a function: path → body, status or error; remembers what was asked."""

    def __init__(self, answer: Callable[[str, int], Any]) -> None:
        super().__init__()
        self.answer = answer
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}
        self.agents: set[str] = set()

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        assert options["timeout"] is not None
        path = str(request.path_url).removeprefix("/v0/")
        self.asked.append(path)
        self.agents.add(str(request.headers["User-Agent"]))
        given = self.answer(path, self.asked.count(path))
        if isinstance(given, Exception):
            raise given
        response = requests.Response()
        response.status_code = given if isinstance(given, int) and given >= 400 else 200
        response.reason = "Busy" if response.status_code == 503 else "OK"
        response.headers = CaseInsensitiveDict(self.headers)
        response.raw = BytesIO(json.dumps(given).encode())
        response.url = str(request.url)
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is open."""

    def api(self, slept: list[float] | None = None, **options: Any) -> Any:
        """A live API that is reached through this transport and sleeps into a list."""

        def session() -> requests.Session:
            made = requests.Session()
            made.mount("https://", self)
            return made

        wait = (slept if slept is not None else []).append
        return stories.LiveApi(sleep=wait, new_session=session, **options)


def item_number(path: str) -> int:
    return int(path.removeprefix("item/").removesuffix(".json"))


class TestStoryTable:
    def test_comments_jobs_deleted_dead_and_untitled_items_are_no_stories(self) -> None:
        items = [
            STORY,
            None,
            {"id": 1, "type": "comment", "text": "!"},
            {"id": 2, "type": "job", "title": "We hire"},
            {"id": 3, "type": "story", "deleted": True},
            {"id": 4, "type": "story", "title": "Gone", "dead": True},
        ]
        table = stories.story_table(items)
        assert table.title.tolist() == ["A tiny C compiler"]
        assert table.columns.tolist() == stories.COLUMNS
        assert pd.isna(table.url[0])

    def test_an_empty_day_has_the_columns_and_no_rows(self) -> None:
        table = stories.story_table([None, {"id": 1, "type": "comment"}])
        assert table.shape == (0, len(stories.COLUMNS))
        assert table.title.tolist() == table.descendants.tolist() == []

    def test_stories_are_in_order_of_their_ids(self) -> None:
        assert stories.story_table([STORY | {"id": 9}, STORY | {"id": 2}]).id.tolist() == [2, 9]


class TestLiveApi:
    def test_the_newest_items_are_read_and_their_stories_kept(self) -> None:
        scripted = Scripted(
            lambda path, _: (
                40
                if path == "maxitem.json"
                else STORY | {"id": item_number(path)}
                if item_number(path) % 4 == 0
                else None
            )
        )
        said: list[str] = []
        table = scripted.api().stories(20, concurrency=4, say=said.append)
        assert table.id.tolist() == [24, 28, 32, 36, 40]
        assert sorted(item_number(path) for path in scripted.asked[1:]) == list(range(21, 41))
        assert said[0] == "2 of 20 items"
        assert said[-1] == "5 of 20 items are stories"
        assert scripted.agents == {stories.USER_AGENT}

    def test_items_that_are_too_young_are_left_out(self) -> None:
        scripted = Scripted(
            lambda path, _: 40 if path == "maxitem.json" else STORY | {"id": item_number(path)}
        )
        assert scripted.api().stories(3, skip=10).id.tolist() == [28, 29, 30]

    def test_a_young_site_has_fewer_items_than_are_asked_for(self) -> None:
        scripted = Scripted(
            lambda path, _: 3 if path == "maxitem.json" else STORY | {"id": item_number(path)}
        )
        assert scripted.api().stories(10).id.tolist() == [1, 2, 3]
        assert scripted.api().stories(10, skip=5).empty

    @pytest.mark.parametrize(
        "trouble", [503, 429, requests.ConnectionError("reset"), requests.Timeout("slow")]
    )
    def test_what_may_pass_is_tried_again_after_longer_and_longer_waits(self, trouble: Any) -> None:
        slept: list[float] = []
        scripted = Scripted(lambda _, time: trouble if time <= 3 else 40)
        assert scripted.api(slept).newest() == 40
        assert slept == [0.25, 0.5, 1.0]

    def test_the_server_says_how_long_to_wait(self) -> None:
        slept: list[float] = []
        scripted = Scripted(lambda _, time: 429 if time == 1 else 40)
        scripted.headers["Retry-After"] = "7"
        assert scripted.api(slept).newest() == 40
        assert slept == [7.0]

    def test_a_server_that_stays_busy_is_an_error_that_names_address_attempts_and_cause(self) -> None:
        scripted = Scripted(lambda _, __: 503)
        with pytest.raises(
            stories.StoriesUnavailable, match=r"v0/maxitem\.json .* 3 attempts: it answered 503 Busy"
        ):
            scripted.api(retries=2).newest()
        assert len(scripted.asked) == 3

    def test_a_refusal_is_not_tried_again(self) -> None:
        scripted = Scripted(lambda _, __: 404)
        with pytest.raises(stories.StoriesUnavailable, match="404"):
            scripted.api().newest()
        assert len(scripted.asked) == 1

    def test_one_item_that_cannot_be_read_fails_the_whole_and_is_not_left_out(self) -> None:
        def answer(path: str, _: int) -> Any:
            if path == "maxitem.json":
                return 2_000
            if item_number(path) > 1_010:
                threading.Event().wait(
                    0.01
                )  # long enough for the failure to be noticed before all were asked
            return 403 if item_number(path) == 1_003 else STORY | {"id": item_number(path)}

        scripted = Scripted(answer)
        with pytest.raises(stories.StoriesUnavailable, match=r"item/1003\.json"):
            scripted.api().stories(1_000, concurrency=2)
        assert len(scripted.asked) < 900, "requests that had not started were canceled"

    def test_the_innermost_cause_is_told(self) -> None:
        def answer(_: str, __: int) -> Any:
            error = requests.ConnectionError("Max retries exceeded")
            error.__cause__ = OSError(101, "Network is unreachable")
            return error

        with pytest.raises(stories.StoriesUnavailable, match="Network is unreachable"):
            Scripted(answer).api(retries=0).newest()


class TestRecordedStories:
    def test_a_recording_has_the_columns_of_the_live_api(self) -> None:
        newer = '9,"Tabs, or spaces?",,12,7,eli,8/4/2016 11:52\n'
        older = "2,Emacs,https://example.org/e,1,1,ada,9/6/2015 5:56\n"
        table = stories.recorded_stories(StringIO(HEADER + newer + older))
        assert table.columns.tolist() == stories.COLUMNS
        assert table.id.tolist() == [2, 9]
        assert table.title.tolist() == ["Emacs", "Tabs, or spaces?"]
        assert table.descendants.tolist() == [1, 7]
        assert table.time.tolist() == [1_441_518_960, 1_470_311_520]
        assert table.type.tolist() == ["story", "story"]
        assert pd.isna(table.url[1])

    def test_a_recording_of_an_empty_day(self) -> None:
        assert stories.recorded_stories(StringIO(HEADER)).shape == (0, len(stories.COLUMNS))

    def test_a_missing_column_is_named(self) -> None:
        with pytest.raises(
            stories.StoriesUnavailable, match=r"no column num_comments, author; it has id, title"
        ):
            stories.recorded_stories(StringIO("id,title,url,num_points,created_at\n"))

    @pytest.mark.parametrize("content", ["", HEADER + "1,2,3,4,5,6,7,8,9\n1,2,3,4,5,6,7,8,9,10,11\n"])
    def test_what_is_no_csv_is_said(self, content: str) -> None:
        with pytest.raises(stories.StoriesUnavailable, match="cannot be read as CSV"):
            stories.recorded_stories(StringIO(content))

    def test_a_moment_of_another_form_is_said(self) -> None:
        with pytest.raises(stories.StoriesUnavailable, match="created_at"):
            stories.recorded_stories(StringIO(HEADER + "1,T,,1,1,ada,2016-08-04T11:52\n"))

    def test_a_missing_file_is_named(self) -> None:
        with pytest.raises(stories.StoriesUnavailable, match=r"nowhere\.csv"):
            stories.recorded_stories("nowhere.csv")


class TestHackerNews:
    def test_it_is_live_unless_something_else_is_named(self) -> None:
        assert stories.HackerNews.from_environment({}).place.startswith("live from https://hacker-news")
        recorded = stories.HackerNews.from_environment(
            {"TIDEMILL_HN_CSV": "/a/b.csv", "TIDEMILL_HN_SEED": ""}
        )
        assert recorded.place == "recorded in b.csv"
        assert stories.HackerNews.from_environment({"TIDEMILL_HN_SEED": "3"}).place == "generated, seed 3"

    def test_two_places_are_refused(self) -> None:
        with pytest.raises(ValueError, match="one place"):
            stories.HackerNews(snapshot="a.csv", seed=1)

    def test_a_missing_recording_is_an_error_and_never_another_place(self) -> None:
        with pytest.raises(stories.StoriesUnavailable, match=r"nowhere\.csv"):
            stories.HackerNews(snapshot="nowhere.csv").newest_stories(10)

    @pytest.mark.parametrize("setting", [{"concurrency": 500}, {"retries": -1}, {"timeout": 0}])
    def test_impolite_settings_are_refused(self, setting: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=next(iter(setting))):
            stories.HackerNews(**setting)

    def test_the_newest_are_the_newest(self) -> None:
        hacker_news = stories.HackerNews(seed=1)
        few, many = hacker_news.newest_stories(10), hacker_news.settled_stories(100)
        assert few.id.tolist() == many.id.tolist()[-10:]


class TestGeneratedStories:
    def test_the_same_seed_makes_the_same_stories(self) -> None:
        pd.testing.assert_frame_equal(generated.generated_stories(3), generated.generated_stories(3))
        assert not generated.generated_stories(3).title.equals(generated.generated_stories(4).title)

    def test_they_look_like_the_live_api(self) -> None:
        table = generated.generated_stories(0)
        assert table.columns.tolist() == stories.COLUMNS
        assert len(table) == generated.COUNT
        assert table.id.is_monotonic_increasing
        assert table.time.is_monotonic_increasing
        assert table.descendants.min() == 0
        assert table.url.isna().mean() > 0.05
        assert table.title.notna().all()

    @pytest.mark.parametrize("seed", range(3))
    def test_there_is_something_to_learn(self, seed: int) -> None:
        table = generated.generated_stories(seed).tail(2_000)
        earlier, later = table.iloc[:1_600], table.iloc[1_600:]
        taught, counted = (part.descendants.to_numpy(dtype=float) for part in (earlier, later))
        features = text.feature_extractor()
        model = regression.ExpectedComments().fit(
            features.fit_transform(earlier, np.log1p(taught)).tocsr(), taught
        )
        said = model.predict(features.transform(later).tocsr())
        gain = scoring.gain_interval(np.abs(counted - taught.mean()), np.abs(counted - said))
        assert gain[0] > 0
        assert scoring.r_squared(counted, said) > 0.05


class TestFeatures:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("https://www.Example.org/a?b", "example.org"),
            ("http://blog.example.org:8080/", "blog.example.org:8080"),
            (None, ""),
            (float("nan"), ""),
            ("http://[broken", ""),
        ],
    )
    def test_site(self, url: object, expected: str) -> None:
        assert text.site(url) == expected

    def test_what_a_title_is_like(self) -> None:
        table = stories.story_table([STORY | {"title": "Ask HN: Why (2014)?", "time": 2 * 86_400}])
        ask, show, question, year, pdf, video, own_text, weekend, *_ = text.shape(table)[0]
        assert (ask, show, question, year, pdf, video, own_text, weekend) == (1, 0, 1, 1, 0, 0, 1, 1)

    def test_no_story_is_encoded_by_its_own_comments(self) -> None:
        """One author with one enormous story: its features must not give it away to the model."""
        table = generated.generated_stories(0).tail(200).assign(by=[f"only{n}" for n in range(200)], url=None)
        target = np.zeros(200)
        target[17] = 9.0
        encoded = text.feature_extractor().transformers[1][1].fit_transform(table[["url", "by"]], target)
        assert encoded[17, 1] == pytest.approx(encoded[np.arange(200) != 17, 1].min(), abs=0.2)


class TestScores:
    def test_r_squared_and_error_of_known_numbers(self) -> None:
        actual = np.array([0.0, 2.0, 4.0])
        assert scoring.r_squared(actual, actual) == 1
        assert scoring.r_squared(actual, np.full(3, 2.0)) == 0
        assert scoring.r_squared(actual, np.full(3, 4.0)) == -1.5
        assert scoring.mean_absolute_error(actual, np.full(3, 1.0)) == pytest.approx(5 / 3)

    def test_a_gain_is_sure_only_when_it_is_there(self) -> None:
        noise = np.random.default_rng(5).normal(size=500)
        low, high = scoring.gain_interval(noise + 1.0, np.zeros(500))
        assert 0.8 < low < 1.0 < high < 1.2
        low, high = scoring.gain_interval(noise, np.zeros(500))
        assert low < 0 < high
