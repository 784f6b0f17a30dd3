"""The page's files: what was built, the index for every address of the page, and what to do where nothing was built."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

BUILT = "/built"
"""Where the build puts files whose names hold a digest of what is in them; `/assets/…` are pages of assets."""

FOR_GOOD = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"

NOT_BUILT = Path(__file__).with_name("unbuilt.html")


class KeptFiles(StaticFiles):
    """Files that never change under their name."""

    def file_response(self, *arguments: object, **options: object) -> Response:
        """A file, to be kept for good."""
        response = super().file_response(*arguments, **options)  # type: ignore[arg-type]
        response.headers["cache-control"] = FOR_GOOD
        return response


def add_pages(app: FastAPI, static: Path | None) -> None:
    """Serve the page beside the API; `static` is the folder of the build, None where there is none."""
    if static is not None and (static / BUILT[1:]).is_dir():
        app.mount(BUILT, KeptFiles(directory=static / BUILT[1:]), name="built")
    files = {} if static is None else {f"/{path.name}": path for path in static.iterdir() if path.is_file()}

    @app.get("/{path:path}", include_in_schema=False)
    def page(request: Request, path: str) -> Response:
        """A file beside the index, or the index: the page itself knows what its addresses mean."""
        if path == "api" or path.startswith("api/") or request.url.path.startswith(f"{BUILT}/"):
            raise HTTPException(404)
        if found := files.get(f"/{path}"):
            return FileResponse(found, headers={"cache-control": ASK_FIRST})
        index = files.get("/index.html")
        if index is None:
            return FileResponse(NOT_BUILT, headers={"cache-control": "no-store"})
        return FileResponse(index, headers={"cache-control": ASK_FIRST})
