"""What every verb needs: the command itself, the open database, and how a report is printed."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from lris.opening import Opened as Opened
from lris.opening import opened as opened

HELP = """The neighbourhood information system.

Data flows one way: [bold]fetch[/] a publisher's file, [bold]load[/] it, [bold]derive[/] figures,
[bold]publish[/] a sealed release, and serve it with [bold]up[/]. Everything is kept in a private
PostGIS database under LRIS_HOME, which starts and stops by itself.
"""

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich", add_completion=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Source = Annotated[str, typer.Argument(help="A source; lris sources lists them.")]
VintageName = Annotated[
    str, typer.Argument(help="Such as lsoa_2021; lris boundaries list names them.")
]
Files = Annotated[
    list[Path], typer.Argument(help="Plain, .gz, .xz, .zip, .tar.* or a folder.", metavar="FILE...")
]
Because = Annotated[str, typer.Option("--because", help="Why, for the record.")]
PartOption = Annotated[
    str,
    typer.Option(help="The part of the country that national files were cut to, such as Bristol."),
]
PeriodOption = Annotated[
    str | None, typer.Option(help="What the figures are of, where the file does not say.")
]


def actor() -> str:
    """Who is named in the audit."""
    try:
        return os.environ.get("LRIS_ACTOR") or getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def show(report: Any, as_json: bool, lines: Sequence[str]) -> None:  # noqa: ANN401
    """Print a report as one JSON document, or its lines."""
    if as_json:
        content = (
            asdict(report) if is_dataclass(report) and not isinstance(report, type) else report
        )
        print(json.dumps(content, default=str, indent=2))
    else:
        for line in lines:
            print(line)
