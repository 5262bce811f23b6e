"""Writes docs/catalogue.md: every shipped source in tables, those of the seeds under the headings that list them.

python -m config.catalogue_table > docs/catalogue.md
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from config.catalogue import SHIPPED
from config.errors import ConfigError
from config.model import Basis, Source
from config.yaml_files import checked, read_yaml

COMMAND = "python -m config.catalogue_table > docs/catalogue.md"
ITSELF = "(the seed itself)"
# The seeds with their headings in the order in which they print them; a heading is written as its seed writes it.
SEEDS = {
    "000": (
        "the librarians' commissioning toolkit",
        (
            ITSELF,
            "Tips on searching the web:",
            "Whole system improvement",
            "Seven day services",
            "Integrated health and social care",
            "Primary care services",
            "Exceptional Treatment Panels / Individual Funding Requests (IFRs)",
            "Community and domiciliary care services",
            "Acute medical and surgical services",
            "Urgent care",
            "Local Authorities/Public Health",
            "Planned care (including Intermediate care)",
            "Specialist and tertiary services",
            "Residential care services / Care Homes",
            "Prison services",
            "Social care",
            "Third sector",
        ),
    ),
    "001": (
        "NHS England, Commissioning for effective service transformation (2014)",
        (
            ITSELF,
            "Who is this guide for?",
            "Foreword",
            "Introduction",
            "Theme 1: Bold and brave clinical leadership",
            "Theme 2: Strong and effective participation and co-production",
            "Theme 3: Create a vision for local service provision",
            "Theme 4: Designing the services of the future",
            "Theme 5: Focusing on delivering improved value and outcomes",
            "Theme 6: Selecting the commissioning mechanisms that will drive improvement",
            "Theme 7: Using active management of today’s services to plan future transformation",
            "Moving forward",
            "Videos: Case Study Stories",
        ),
    ),
    "002": (
        "The Commissioning Elf, What helps and hinders effective commissioning?",
        (
            ITSELF,
            "What helps and hinders effective commissioning? Experiences from primary care",
            "Cycle of commissioning",
            "Caroline De Brún",
        ),
    ),
    "003": (
        "British Association of Dermatologists, Commissioning",
        (
            ITSELF,
            "What should good commissioning involve?",
            "C. Procuring Appropriate Services",
            "C. Public and patient engagement requirements",
        ),
    ),
    "004": (
        "Rotherham CCG's library blog (December 2018)",
        (
            ITSELF,
            "A review of the role and costs of clinical commissioning groups",
            "Equality and Health Inequalities packs 2018",
            "Driving forward system working",
            "Ways of integrating care that better coordinate services may benefit patients",
            "Home care in England: views from commissioners and providers",
            "Understanding the new commissioning system in England",
            "Items which should not routinely be prescribed in primary care: an update and a consultation on further "
            "guidance for CCGs",
        ),
    ),
}

# How a kind of body is called over its table, where its name with a capital letter will not do.
BODIES = {
    "": "Others",
    "arms-length-body": "Arm's-length bodies",
    "auditor-parliament": "Auditors and Parliament",
    "ccg": "Clinical commissioning groups",
    "charity": "Charities",
    "council": "Councils",
    "csu": "Commissioning support units",
    "government-department": "Government departments",
    "icb": "Integrated care boards, beside their board papers",
    "library-service": "Library services and indexes",
    "membership-body": "Membership bodies",
    "nhs-national": "NHS, national",
    "prescribing-committee": "Area prescribing committees",
    "research-funder": "Research funders",
    "royal-college": "Royal colleges",
    "think-tank": "Think tanks",
    "trust": "NHS trusts",
    "university": "Universities",
    "web-archive": "Web archives",
}
HEAD = f"""# The catalogue

Every source that comes with Commdex: where it is listed, how it is harvested, and what its entry rests on. Made from
config/sources, not by hand: `{COMMAND}`, or `make catalogue`.
[sources.md](sources.md) explains the keys; `commdex sources show ID` prints an entry with its addresses and notes.

* **Status**: live, moved, archived (closed or taken down; fetched where it was, else out of web archives); recorded
  only: subscription (behind a login or for sale), manual (no address that can be fetched, or no publications; supply
  papers with `commdex add`).
* **Basis** of the address, the mechanism and the status, in this order: seed (printed in a seed), stored (seen in a
  stored copy or a public record, maybe years old), unconfirmed (recalled, or a guess to be tried). One word where the
  three agree. Nothing was checked live when the catalogue was made.
"""


def load_shipped(folder: Path = SHIPPED / "sources") -> list[Source]:
    """The shipped sources in order of their ids, unchecked against their mechanisms. Raises ConfigError."""
    found: list[Source] = []
    for path in sorted(folder.glob("*.yml")):
        yaml_file = read_yaml(path)
        entries = yaml_file.content.get("sources") if isinstance(yaml_file.content, dict) else None
        if not isinstance(entries, list):
            raise ConfigError(f"{path}: the file must hold one list called `sources:`.")
        found += [checked(Source, yaml_file, entry, ["sources", number]) for number, entry in enumerate(entries)]
    return sorted(found, key=lambda source: source.id)


def is_board(source: Source) -> bool:
    """Whether an entry is that of an integrated care board's board papers."""
    return source.body == "icb" and source.id.startswith("icb-")


def page(sources: Iterable[Source]) -> str:
    """The whole of docs/catalogue.md."""
    every = sorted(sources, key=lambda source: source.id)
    seeded = [source for source in every if source.listed]
    boards = [source for source in every if is_board(source)]
    others = [source for source in every if not source.listed and not is_board(source)]
    harvested = sum(source.harvestable for source in every)
    told = (
        f"{len(every)} sources: {len(seeded)} that the seeds list, {len(boards)} boards, {len(others)} more. "
        f"{harvested} are harvested, {len(every) - harvested} are recorded only."
    )
    parts = [HEAD, "## Counts\n", told + "\n", _counts(every)]
    for number, (title, headings) in SEEDS.items():
        here = [source for source in seeded if any(listing.seed == number for listing in source.listed)]
        parts.append(f"## Seed {number}: {title}\n\n{len(here)} sources.\n")
        for heading in headings:
            under = [source for source in here if _stands_under(source, number, heading)]
            parts.append(f"### {heading}\n\n{_table(under)}")
    parts.append(f"## Beside the seeds\n\n{len(others)} sources, by kind of body.\n")
    for body in sorted({source.body for source in others}, key=_label):
        parts.append(f"### {_label(body)}\n\n{_table(source for source in others if source.body == body)}")
    parts.append(f"## Board papers of the integrated care boards\n\n{_table(boards)}")
    return "\n".join(parts)


def _stands_under(source: Source, seed: str, heading: str) -> bool:
    return any(listing.seed == seed and listing.heading == heading for listing in source.listed)


def _label(body: str) -> str:
    return BODIES.get(body, body.replace("-", " ").capitalize())


def _counts(sources: list[Source]) -> str:
    statuses = Counter(source.status for source in sources)
    mechanisms = Counter(source.mechanism for source in sources if source.harvestable)
    claims = Counter(source.basis.address for source in sources)
    lines = []
    for head, counted in (("status", statuses), ("mechanism", mechanisms), ("basis of the address", claims)):
        rows = [f"| {name} | {number} |" for name, number in sorted(counted.items(), key=lambda one: (-one[1], one[0]))]
        lines += [f"| {head} | sources |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _table(sources: Iterable[Source]) -> str:
    lines = ["| id | name | publisher | status | mechanism | every | basis |", "|---|---|---|---|---|---|---|"]
    for source in sources:
        fetched = (source.mechanism, source.every) if source.harvestable else ("–", "–")
        cells = (f"`{source.id}`", source.name, source.publisher, source.status, *fetched, _basis(source.basis))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _basis(basis: Basis) -> str:
    claims = (basis.address, basis.mechanism, basis.status)
    return claims[0] if len(set(claims)) == 1 else ", ".join(claims)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # whatever the terminal's is
    sys.stdout.write(page(load_shipped()))
