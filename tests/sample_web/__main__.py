"""`python -m tests.sample_web serve [--port N]`: serve the sample web until Ctrl-C."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from tests.sample_web.server import SampleWeb


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sample_web", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the sample web until Ctrl-C")
    serve.add_argument("--port", type=int, default=0, help="0 (the default) picks a free one")
    arguments = parser.parse_args()
    with SampleWeb(port=arguments.port) as web:
        print(f"The sample web answers on {web.proxy}: {len(web.truth())} documents on {len(web.hosts)} hosts.")
        print(f"  http_proxy={web.proxy} https_proxy={web.proxy} commdex --home HOME update")
        print(f"  {Path(__file__).with_name('sources.yml')} lists its sources: copy it into HOME/sources/.")
        print("Ctrl-C ends it.", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(f"\n{len(web.requests)} requests were answered.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
