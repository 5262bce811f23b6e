"""How sources announce what they publish: one module a mechanism, found by its name.

A module defines one `HarvestSpider` subclass called `Spider`, and its `Options` model where it has options.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from crawler.mechanisms.base import HarvestSpider

NOT_MECHANISMS = ("archives", "base")


def names() -> list[str]:
    """Every mechanism's name."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in NOT_MECHANISMS)


@cache
def spider_of(name: str) -> type[HarvestSpider]:
    """The spider class of a mechanism."""
    spider: type[HarvestSpider] = importlib.import_module(f"{__name__}.{name}").Spider
    return spider


def option_models() -> dict[str, type[BaseModel]]:
    """Each mechanism's model of `options`, by name."""
    return {name: spider_of(name).Options for name in names()}
