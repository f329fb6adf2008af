"""`opener`: the page with which somebody without a command line opens packages (docs/adr/0008-opener-page.md)."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Final

import click

from azukari.cli.options import json_option, require_new
from azukari.cli.speech import Speech, speech
from azukari.errors import NotFoundError, OptionError
from azukari.stores.files import creating

# Built by opener/build.mjs; not in git, but in the wheel. It lies among the screens' files so that they can offer it.
PAGE: Final = ("web", "ui", "static", "azukari", "opener.html")


def page_bytes() -> bytes:
    """The page as it was built. Raises NotFoundError where it was not: in a checkout before `make`."""
    try:
        return files("azukari").joinpath(*PAGE).read_bytes()
    except OSError as error:
        raise NotFoundError("opener.html (in a checkout, make builds it)") from error


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="書き出し先 / file to write")
@click.option("--digest", is_flag=True, help="SHA-256 を表示する / print the SHA-256 of the page")
@json_option
@speech
def opener(out: Speech, output: Path | None, digest: bool, as_json: bool) -> None:
    """包みを開けるページ（HTML ファイル一つ）を書き出す。 Write the page that opens packages offline, one HTML file."""
    out.as_json = as_json
    if output is None and not digest:
        raise OptionError("-o FILE or --digest")
    page = page_bytes()
    told = sha256(page).hexdigest()
    if output is not None:
        require_new(output)
        with creating(output) as file:
            file.write(page)
        out.say(f"書き出しました: {output.name}", f"Written: {output.name}")
    out.say(f"SHA-256: {told}", f"SHA-256: {told}")
    out.answer({"opener": str(output) if output else "", "sha256": told, "bytes": len(page)})
