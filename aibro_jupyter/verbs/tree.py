"""The one argparse tree of all verbs and their options."""

from __future__ import annotations

import argparse
import difflib
import re
from typing import Any, NoReturn

from aibro_jupyter.errors import BadRequest

SYNONYMS = {
    "stop": "complete",
    "delete": "complete",
    "undeploy": "complete",
    "remove": "complete",
    "rm": "complete",
    "kill": "complete",
    "list": "status",
    "ls": "status",
    "ps": "status",
    "start": "up",
    "shutdown": "down",
    "run": "deploy",
    "serve": "deploy",
    "test": "dryrun",
}
_UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


class BadCommand(BadRequest):
    """A verb or an option that does not exist, or an option without its value."""

    code = "bad-command"


class HelpAsked(Exception):
    """Somebody asked for help; not an error."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class _Parser(argparse.ArgumentParser):
    """argparse that raises facts and never ends the process."""

    def error(self, message: str) -> NoReturn:
        raise BadCommand(f"{self.prog}: {message}", fix=f"`{self.prog} --help` lists what it takes")

    def print_help(self, file: Any = None) -> NoReturn:  # noqa: ARG002  argparse's own signature
        raise HelpAsked(self.format_help().rstrip())


def seconds(text: str) -> int:
    """Read a duration: ``600``, ``10m``, ``1h30m``."""
    parts = re.findall(r"(\d+)\s*([a-z]*)", text.strip().lower())
    if not parts or "".join(f"{n}{u}" for n, u in parts) != re.sub(r"\s", "", text.lower()):
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write 600, 10m or 1h30m")
    if any(unit not in _UNITS for _, unit in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: units are s, m, h and d")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def parser(prog: str) -> argparse.ArgumentParser:
    """Return the tree; ``prog`` is how the person spells the command: ``%aibro`` or ``aibro``."""
    tree = _Parser(prog=prog, description="Your notebook function as a live API.", allow_abbrev=False)
    verbs = tree.add_subparsers(dest="verb", metavar="VERB", parser_class=_Parser)

    def verb(name: str, help_text: str, *aliases: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=help_text, description=help_text, aliases=aliases, allow_abbrev=False)

    _deploy_options(verb("deploy", "capture a function, prove it and serve it as an API; again: update it"))
    _capture_options(verb("capture", "write the aibro_repo of a function and prove it, deploy nothing"))

    dryrun = verb("dryrun", "run a model repo on its own sample in a fresh process, deploy nothing")
    dryrun.add_argument("path", nargs="*", default=["aibro_repo"], metavar="PATH", help="repo, or list of artifacts")

    status = verb("status", "what is deployed, where, and what it costs", "jobs")
    status.add_argument("name", nargs="?", default="", metavar="NAME", help="one job, by name or id")

    complete = verb("complete", "end a job: its API is closed and its name free")
    _job(complete)

    _clients_options(verb("clients", "who may call a job: list, add, remove"))

    logs = verb("logs", "the last lines that a job's instances wrote")
    _job(logs)
    logs.add_argument("--lines", "-n", type=int, default=200, help="how many (200)")
    logs.add_argument("--request", default="", metavar="ID", help="only about one request, by its X-Aibro-Request-Id")
    logs.add_argument("--events", action="store_true", help="what happened to the job instead")

    cost = verb("cost", "what a job has cost, and what else it could have cost")
    _job(cost)

    machines = verb("machines", "machine ids, their sizes and prices")
    machines.add_argument("like", nargs="?", default="", metavar="TEXT", help="only those whose id has this text")

    up = verb("up", "start the backend on this computer; parked jobs come back")
    up.add_argument("--foreground", action="store_true", help="stay in the foreground, for systemd (command line only)")
    verb("down", "park every job and end the backend on this computer; `up` brings the jobs back")
    verb("doctor", "check what this computer needs to have")

    login = verb("login", "use a shared backend; asks for its token without showing it")
    login.add_argument("url", nargs="?", default="", metavar="URL", help="its URL (AIBRO_URL)")
    verb("logout", "use the backend on this computer again")

    explain = verb("explain", "what an error code means")
    explain.add_argument("code", nargs="?", default="", metavar="CODE")
    ask = verb("help", "this list, or a verb's options")
    ask.add_argument("topic", nargs="?", default="", metavar="VERB")
    return tree


def _job(tree: argparse.ArgumentParser) -> None:
    tree.add_argument("name", nargs="?", default=None, metavar="NAME", help="the job's name or id (the only one: none)")
    tree.add_argument("--model-name", dest="model_name", help=argparse.SUPPRESS)
    tree.add_argument("--job-id", dest="job_id", metavar="ID", help="the job by its id, ended ones too")


def _capture_options(tree: argparse.ArgumentParser) -> None:
    tree.add_argument(
        "what", nargs="?", default=None, metavar="FUNCTION", help="the function (an expression); a path elsewhere"
    )
    tree.add_argument("--name", "--model-name", dest="name", metavar="NAME", help="the API's name (the function's)")
    tree.add_argument("--sample", metavar="EXPR", help='an input to prove it with, e.g. "X[:5]"')
    tree.add_argument("--out", default="aibro_repo", metavar="FOLDER", help="where the repo is written (aibro_repo)")


def _deploy_options(tree: argparse.ArgumentParser) -> None:
    _capture_options(tree)
    tree.add_argument(
        "--artifacts-path", nargs="+", metavar="PATH", help="a model repo, or artifacts, instead of a function"
    )
    tree.add_argument("--dryrun", action="store_true", help="capture and prove, deploy nothing")
    tree.add_argument(
        "--machine", "--standby", "--machine-id-config", dest="machine", metavar="ID", help="standby: always on, cheap"
    )
    tree.add_argument("--cooling", metavar="ID", help="cooling: strong, asleep until requests come")
    tree.add_argument(
        "--cool-down", "--cool-down-period-s", dest="cool_down", type=seconds, default=600, metavar="TIME",
        help="cooling sleeps after this long without a request: 600, 10m (10m)",
    )  # fmt: skip
    tree.add_argument(
        "--client", "--client-ids", dest="client_ids", nargs="+", action="extend", default=[], metavar="ID",
        help="who may call; without any the API is public",
    )  # fmt: skip
    tree.add_argument("--description", default="", metavar="TEXT")
    tree.add_argument(
        "--wait", "--wait-request-s", dest="wait_request_s", type=seconds, default=30, metavar="TIME",
        help="how long to wait for the first machine (30)",
    )  # fmt: skip
    tree.add_argument("--request-limit", type=seconds, default=600, metavar="TIME", help="longest single request (10m)")
    tree.add_argument("--on", default="here", metavar="PLACE", help="where: here")
    tree.add_argument("--enforce", action="store_true", help="hold it to the machine's memory")
    tree.add_argument("--no-wait", action="store_true", help="return once it is on its way")


def _clients_options(tree: argparse.ArgumentParser) -> None:
    _job(tree)
    tree.add_argument("--add", nargs="+", action="extend", default=[], metavar="ID")
    tree.add_argument("--remove", nargs="+", action="extend", default=[], metavar="ID")
    tree.add_argument("--mint", nargs="+", action="extend", default=[], metavar="NAME", help="add NAME-<unguessable>")
    tree.add_argument(
        "--public", "--be-public", dest="be_public", action="store_true", help="remove all: anyone may call"
    )
    tree.add_argument("--reveal", action="store_true", help="show ids and URLs in full: they stay in the notebook")


def verbs_of(tree: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return every verb, aliases too, with its own parser."""
    action = next(found for found in tree._actions if isinstance(found, argparse._SubParsersAction))
    return dict(action.choices)


def options_of(tree: argparse.ArgumentParser) -> list[str]:
    """Return a verb's long options."""
    return sorted({option for action in tree._actions for option in action.option_strings if option.startswith("--")})


def parsed(prog: str, words: list[str]) -> argparse.Namespace:
    """Return what was asked for. Raises ``BadCommand`` with the nearest verb, ``HelpAsked`` for help."""
    tree = parser(prog)
    known = verbs_of(tree)
    if not words:
        raise HelpAsked(tree.format_help().rstrip())
    first = words[0]
    if not first.startswith("-") and first not in known:
        near = SYNONYMS.get(first) or next(iter(difflib.get_close_matches(first, known, n=1)), None)
        fix = f"did you mean `{' '.join([prog, near, *words[1:]])}`?" if near else f"`{prog} help` lists the verbs"
        raise BadCommand(f"no verb is called {first!r}", fix=fix)
    return tree.parse_args(words)
