"""`commdex init`: make a home and say who is asking."""

from __future__ import annotations

import click

from config.home import Home
from search_cli.exit_codes import ExitCode, Failure

TEMPLATE = """\
# Settings of this Commdex home. Every key and its default: docs/settings.md

# Goes into the User-Agent, so that a site can reach whoever harvests it. Nothing is crawled without it.
contact: {contact}

# Harvest the sources that come with Commdex; your own stand in sources/*.yml beside this file.
shipped_sources: true

# crawl:
#   delay: 2.0          # seconds between two requests to one host
# index:
#   workers: 0          # worker processes; 0 takes one for each processor
"""


@click.command(epilog="\b\nExample:\n  commdex init --contact library@example.nhs.uk")
@click.option("--contact", required=True, help="E-mail or web address at which sites can reach you.")
@click.pass_obj
def command(home: Home, contact: str) -> None:
    """Make the home directory and its settings.yml, with the contact that sites will see."""
    import json
    import re

    from pydantic import ValidationError

    from config.catalogue import load_settings
    from config.model import Settings
    from config.yaml_files import read_yaml
    from search_cli.homes import in_this_home, laid_out

    laid_out(home)
    try:
        contact = Settings(contact=contact).contact
    except ValidationError as error:
        reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise click.BadParameter(reason, param_hint="--contact") from error
    if not contact:
        raise click.BadParameter("an e-mail or web address is needed", param_hint="--contact")
    home.make()
    home.sources_folder.mkdir(exist_ok=True)
    former = ""
    line = f"contact: {json.dumps(contact)}"  # JSON strings are YAML strings
    if home.settings_file.exists():
        load_settings(home)  # a file that is not understood is not touched
        former = str((read_yaml(home.settings_file).content or {}).get("contact") or "")
        text = home.settings_file.read_text(encoding="utf-8")
        text, found = re.subn(r"^contact:.*$", lambda _: line, text, count=1, flags=re.MULTILINE)
        text = text if found else f"{line}\n{text}"
    else:
        text = TEMPLATE.format(contact=json.dumps(contact))
    try:
        home.settings_file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{home.settings_file}: cannot be written ({error.strerror}).", ExitCode.HOME) from error
    replaced = f" (it was {former})" if former not in ("", contact) else ""
    click.echo(f"{home.settings_file}: contact is {contact}{replaced}", err=True)
    click.echo(in_this_home("Next: commdex update"), err=True)
