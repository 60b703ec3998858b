"""Command line of the word lists: `vocabulary list` and `vocabulary import`."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from pathlib import Path
from uuid import uuid4

import click
from rich.console import Console
from rich.table import Table

from privacy.people.mining.errors import TermsError
from privacy.people.mining.terms import COLUMNS, Term, parse_terms, read_terms
from privacy.people.settings import MiningSettings
from privacy.release.values import Category, Product
from privacy.release.vocabularies import get_vocabulary


@click.group()
def vocabulary() -> None:
    """Show and extend the words by which pains are found in tickets."""


def _read(path: Path | None) -> list[Term]:
    try:
        return read_terms(path)
    except TermsError as error:
        raise click.ClickException(f"PAIN_TERMS_FILE, {error}") from None
    except OSError:
        raise click.ClickException("PAIN_TERMS_FILE cannot be read") from None


@vocabulary.command("list")
@click.option("--category", type=click.Choice([str(each) for each in Category]), help="Only this category.")
def list_terms(category: str | None) -> None:
    """List every pain with its words: those that come with the code, and those of PAIN_TERMS_FILE."""
    own = MiningSettings().pain_terms_file
    words: defaultdict[str, list[str]] = defaultdict(list)
    for term in _read(own if own and own.exists() else None):
        words[term.key].append(term.write()[-1])
    table = Table("pain", "zh", "en", "words", show_lines=True)
    for tag in get_vocabulary(Product.PAIN_POINTS):
        if category in {None, tag.category}:
            table.add_row(tag.key, tag.zh, tag.en, "\n".join(words[tag.key]))
    Console().print(table)


@vocabulary.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_terms(file: Path) -> None:
    """Check FILE (CSV: category, tag, words) and add its rows to PAIN_TERMS_FILE. The next intake reads them."""
    target = MiningSettings().pain_terms_file
    if target is None:
        raise click.ClickException("PAIN_TERMS_FILE must name the file that the intake reads")
    try:
        wanted = parse_terms(file.read_text(encoding="utf-8"))
    except TermsError as error:
        raise click.ClickException(f"{file.name}, {error}") from None
    except UnicodeDecodeError:
        raise click.ClickException(f"{file.name} is not UTF-8") from None
    known = _read(target if target.exists() else None)
    fresh = [term for term in wanted if term not in known]
    _append(target, fresh)
    click.echo(f"{len(fresh)} of {len(wanted)} rows were new; tickets that come again are tagged by them too")


def _append(target: Path, terms: list[Term]) -> None:
    """Write the file anew beside itself and swap it in, so that an intake never reads half of it."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerows(term.write() for term in terms)
    before = target.read_text(encoding="utf-8") if target.exists() else ",".join(COLUMNS) + "\n"
    scratch = target.with_name(f"{target.name}-{uuid4().hex}")
    scratch.write_text(before.rstrip("\n") + "\n" + written.getvalue(), encoding="utf-8")
    scratch.replace(target)
