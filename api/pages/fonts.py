"""The fonts of the pages, from where the system's package puts them."""

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

router = APIRouter()

FONTS_FOLDER = Path("/usr/share/fonts/truetype/noto")
"""Where Debian's fonts-noto-core puts them; without them the pages use the reader's own fonts."""

FONTS = frozenset(
    {
        "NotoSans-Regular.ttf",
        "NotoSans-Bold.ttf",
        "NotoSansArabic-Regular.ttf",
        "NotoSansArabic-Bold.ttf",
    }
)
_FONT_CACHE = {"Cache-Control": "public, max-age=604800"}


@router.get("/static/fonts/{name}", include_in_schema=False)
def font(request: Request, name: str) -> FileResponse:
    """Return one of ``FONTS``; 404 for any other name, and where the system has none."""
    path: Path = request.app.state.fonts_folder / name
    if name not in FONTS or not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, media_type="font/ttf", headers=_FONT_CACHE)
