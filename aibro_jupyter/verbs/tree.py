"""The one argparse tree of all verbs and their options."""

from __future__ import annotations

import argparse
import difflib
from typing import Any, NoReturn

from aibro_jupyter.errors import BadRequest
from aibro_jupyter.verbs.reading import dollars, moment, seconds, web_address

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
    "log": "logs",
    "tail": "logs",
    "history": "events",
    "timeline": "events",
    "price": "cost",
    "bill": "cost",
    "limit": "limits",
    "revert": "rollback",
    "undo": "rollback",
    "chaos": "drill",
    "firedrill": "drill",
}
DRILLS = ("spot", "sleep", "kill")


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


def parser(prog: str) -> argparse.ArgumentParser:
    """Return the tree; ``prog`` is how the person spells the command: ``%aibro`` or ``aibro``."""
    tree = _Parser(prog=prog, description="Your notebook function as a live API.", allow_abbrev=False)
    verbs = tree.add_subparsers(dest="verb", metavar="VERB", parser_class=_Parser)

    def verb(name: str, help_text: str, *aliases: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=help_text, description=help_text, aliases=aliases, allow_abbrev=False)

    _deploy_options(verb("deploy", "capture a function, prove it and serve it as an API; again: update it"))
    capture = verb("capture", "write the aibro_repo of a function and prove it, deploy nothing")
    _capture_options(capture)
    capture.add_argument("--diff", action="store_true", help="show what changed since the last deploy")

    dryrun = verb("dryrun", "run a model repo on its own sample in a fresh process, deploy nothing")
    dryrun.add_argument("path", nargs="*", default=["aibro_repo"], metavar="PATH", help="repo, or list of artifacts")

    status = verb("status", "what is deployed, where, and what it costs", "jobs")
    status.add_argument("name", nargs="?", default="", metavar="NAME", help="one job, by name or id")

    panel = verb("panel", "the same, live, in the cell's output")
    panel.add_argument("name", nargs="?", default="", metavar="NAME", help="one job, by name or id")
    form = verb("form", "deploy by choosing instead of typing")
    form.add_argument("what", nargs="?", default="", metavar="FUNCTION", help="the function to begin with")

    complete = verb("complete", "end a job: its API is closed and its name free")
    _job(complete)

    _job(verb("secrets", "the names of the secrets that a job has"))
    _clients_options(verb("clients", "who may call a job: list, add, remove"))

    _logs_options(verb("logs", "what a job's instances wrote: prints, environment, tracebacks"))
    events = verb("events", "what happened to a job, and each wake in parts")
    _job(events)
    events.add_argument("--lines", "-n", type=int, default=40, help="how many (40)")

    _cost_options(verb("cost", "what a job has cost, and what else it could have cost"))
    _drill_options(verb("drill", "break an instance on purpose under steady requests, and count what is lost"))

    _job(verb("rollback", "the version before comes up beside and takes over"))
    cooling = verb("cooling", "switch a job's cooling instance off for good, or on again")
    _job(cooling)
    cooling.add_argument("switch", choices=("on", "off"))
    limits = verb("limits", "what a job may cost and for how long: show, set, clear")
    _job(limits)
    _limit_options(limits)
    limits.add_argument("--none", action="store_true", help="no limits at all")
    budget = verb("budget", "what all jobs together may cost: show, set, clear")
    _budget_options(budget)
    budget.add_argument("--none", action="store_true", help="no budget for all together")

    machines = verb("machines", "machine ids, their sizes and prices")
    machines.add_argument("like", nargs="?", default="", metavar="TEXT", help="only those whose id has this text")

    up = verb("up", "start the backend on this computer; parked jobs come back")
    up.add_argument("--foreground", action="store_true", help="stay in the foreground, for systemd (command line only)")
    up.add_argument("--at-login", action="store_true", help="from now on start it whenever you log in, or at boot")
    up.add_argument("--no-at-login", action="store_true", help="undo --at-login")
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
    tree.add_argument(
        "--secret", dest="secrets", nargs="+", action="extend", default=[], metavar="NAME",
        help="an environment variable that the model gets: this one's value, else it is asked for, never shown",
    )  # fmt: skip
    tree.add_argument("--allow-net", action="store_true", help="the proof may reach the network")
    tree.add_argument(
        "--verify", choices=("venv",), default="", help="venv: prove it again with requirements.txt alone installed"
    )


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
    tree.add_argument(
        "--mint", nargs="+", action="extend", default=[], metavar="NAME",
        help="a client id that nobody can guess for each name; made once",
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
    _limit_options(tree)


def _budget_options(tree: argparse.ArgumentParser) -> None:
    tree.add_argument(
        "--budget-per-day", "--per-day", dest="budget_per_day", type=dollars, metavar="DOLLARS",
        help="beyond it cooling is off until midnight UTC; standby stays",
    )  # fmt: skip
    tree.add_argument(
        "--budget-stop", "--stop", dest="budget_stop", type=dollars, metavar="DOLLARS", help="beyond it the job ends"
    )
    tree.add_argument("--notify", type=web_address, metavar="URL", help="news are POSTed there as JSON")


def _limit_options(tree: argparse.ArgumentParser) -> None:
    _budget_options(tree)
    ending = tree.add_mutually_exclusive_group()
    ending.add_argument("--ttl", type=seconds, metavar="TIME", help="the job ends after this long: 8h")
    ending.add_argument("--until", type=moment, metavar="TIME", help="the job ends then: 18:00")


def _logs_options(tree: argparse.ArgumentParser) -> None:
    _job(tree)
    tree.add_argument("--follow", "-f", action="store_true", help="go on showing what comes, until interrupted")
    tree.add_argument("--lines", "-n", type=int, default=200, help="how many (200)")
    tree.add_argument("--request", default="", metavar="ID", help="only about one request, by its X-Aibro-Request-Id")
    tree.add_argument("--events", action="store_true", help="what happened to the job instead")


def _cost_options(tree: argparse.ArgumentParser) -> None:
    _job(tree)
    tree.add_argument("--no-plot", action="store_true", help="the table alone")


def _drill_options(tree: argparse.ArgumentParser) -> None:
    tree.add_argument("kind", choices=DRILLS, help="spot: taken back; sleep: put to sleep now; kill: its process dies")
    _job(tree)
    tree.add_argument("--body", metavar="TEXT", help="what to send: JSON or text, or @FILE (the job's own sample)")
    tree.add_argument("--rate", type=float, default=20.0, metavar="N", help="requests a second (20)")
    tree.add_argument("--notice", type=seconds, default=5, metavar="TIME", help="spot: notice before the end (5)")
    tree.add_argument("--patience", type=seconds, default=180, metavar="TIME", help="longest wait for the new one (3m)")


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
