"""The shapes of the sample sites: one function for each way in which a site announces what it publishes."""

from __future__ import annotations

from collections.abc import Callable

from tests.sample_web.content import Site
from tests.sample_web.shapes.archives import webarchive
from tests.sample_web.shapes.boards import boardpapers
from tests.sample_web.shapes.committees import moderngov
from tests.sample_web.shapes.common import Files
from tests.sample_web.shapes.feeds import blogger, feed
from tests.sample_web.shapes.govuk import govuk
from tests.sample_web.shapes.listings import listing, listing_numbered
from tests.sample_web.shapes.manners import manners
from tests.sample_web.shapes.readinglists import readinglist
from tests.sample_web.shapes.singles import fixed, single
from tests.sample_web.shapes.sitemaps import sitemap, sitemap_text
from tests.sample_web.shapes.wordpress import wordpress, wordpress_closed, wordpress_types
from tests.sample_web.web import Web

Shape = Callable[[Site, Web, Files], None]

SHAPES: dict[str, Shape] = {
    "wordpress": wordpress,
    "wordpress-closed": wordpress_closed,
    "wordpress-types": wordpress_types,
    "sitemap": sitemap,
    "sitemap-text": sitemap_text,
    "feed": feed,
    "blogger": blogger,
    "govuk": govuk,
    "listing": listing,
    "listing-numbered": listing_numbered,
    "moderngov": moderngov,
    "boardpapers": boardpapers,
    "readinglist": readinglist,
    "manners": manners,
    "webarchive": webarchive,
    "fixed": fixed,
    "single": single,
}
