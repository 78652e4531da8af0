"""The reference's API, one to one: ``Inference.deploy``, ``complete``, ``update_clients``, ``list_clients``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aibro_jupyter.client.arguments import CALLED, PLACES, TOKEN, checked
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.finding import find
from aibro_jupyter.client.kinds import CLIENTS, FLAG, IDS, TEXT
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.home import home
from aibro_jupyter.masking import Secret
from aibro_jupyter.protocol import ClientsUpdate, OnStep
from aibro_jupyter.repo.dryrun import dryrun as dryrun_repo
from aibro_jupyter.repo.layout import recreate
from aibro_jupyter.views.cost import CostCard
from aibro_jupyter.views.costing import cost_card
from aibro_jupyter.views.watch import watched

DRYRUN_PASSED = "DRYRUN TEST: passed"


class Inference:
    """Deploy model repos as inference APIs, and manage who may call them."""

    @staticmethod
    @checked(artifacts_path=PLACES, dryrun=FLAG, access_token=TOKEN, on_step=CALLED)
    def deploy(
        model_name: str | None = None,
        machine_id_config: str | dict[str, str] | None = None,
        artifacts_path: str | list[str] | None = None,
        dryrun: bool = False,
        cool_down_period_s: int = 600,
        client_ids: str | list[str] = [],  # noqa: B006  the reference's own default; it is only read
        access_token: str | None = None,
        description: str = "",
        wait_request_s: int = 30,
        *,
        request_limit_s: int = 600,
        slots: int = 1,
        on: str = "here",
        enforce: bool = False,
        isolate: bool = False,
        secrets: Sequence[str] = (),
        on_step: OnStep | None = None,
    ) -> str:
        """Start an inference job and return its API URL: the first client's, or the public one.

        Returns when the model serves. ``dryrun=True`` needs only ``artifacts_path``. Progress goes to ``on_step`` and
        to the notebook's widget if the magics are loaded, else to stderr if that is a terminal, else nowhere.

        Args:
            model_name: the API's name, part of its URL
            machine_id_config: the standby machine's id, or both ids: {'standby': …, 'cooling': …}
            artifacts_path: a model repo, or a list of its artifacts
            dryrun: prove the repo in a fresh process, deploy nothing
            cool_down_period_s: cooling sleeps after this long without a request (seconds)
            client_ids: who may call, by client id
            access_token: of a shared backend; the one on this computer needs none
            description: what reminds people which one it is
            wait_request_s: how long to wait for the first machine (seconds)
            request_limit_s: the longest that a single request may run (seconds)
            slots: processes that the model runs in on each machine; auto: one a CPU
            on: the provider it runs on
            enforce: hold it to its machine's memory
            isolate: keep it from the files and processes of the computer it runs on (needs bubblewrap there)
            secrets: environment variables that the model gets; one that is not set here is asked for, never shown
            on_step: called with each step, from any thread

        Returns:
            The API URL; with ``dryrun`` the text ``DRYRUN TEST: passed``.

        Raises:
            NameTaken: an active job has that model name
            DeployFailed: the model did not come up
            DryrunFailed: with ``dryrun``: the repo did not answer its own sample
            BadRequest: an argument that cannot be, such as ``BadMachine``; its ``fix`` says what to write

        """
        if not artifacts_path:
            raise BadRequest("artifacts_path is missing", fix="give the path of a model repo, or a list of artifacts")
        with watched(on_step) as look:
            if dryrun:
                dryrun_repo(_repo(artifacts_path), envs=home().make().envs, on_step=look.step)
                return DRYRUN_PASSED
            if not model_name or not machine_id_config:
                missing = "machine_id_config" if model_name else "model_name"
                raise BadRequest(f"{missing} is missing", fix="only dryrun=True goes without it")
            deployment = Deployment(
                name=model_name,
                machine=machine_id_config,
                cool_down=cool_down_period_s,
                client_ids=client_ids,
                description=description,
                wait_request_s=wait_request_s,
                request_limit_s=request_limit_s,
                slots=slots,
                on=on,
                enforce=enforce,
                isolate=isolate,
                secrets=secrets,
            )
            control = backend(token=access_token)
            deployed = deploy_repo(control, _repo(artifacts_path), deployment, on_step=look.step)
        return Secret(deployed.urls[0])

    @staticmethod
    @checked(model_name=TEXT, job_id=TEXT, access_token=TOKEN)
    def complete(model_name: str | None = None, job_id: str | None = None, access_token: str | None = None) -> None:
        """Shut down all instances of a job and stop its API; the API is closed when this returns.

        Args:
            model_name: the name of an active job
            job_id: its id instead
            access_token: of a shared backend; the one on this computer needs none

        Raises:
            NoSuchJob: no job has that id, or no active one that name
            NotConfirmed: it is ended, but a gateway did not confirm in time that it answers no more

        """
        control = backend(token=access_token)
        control.complete(_job_id(control, model_name, job_id))

    @staticmethod
    @checked(
        add_client_ids=CLIENTS, remove_client_ids=IDS, be_public=FLAG, model_name=TEXT, job_id=TEXT, access_token=TOKEN
    )
    def update_clients(
        add_client_ids: str | list[str] = [],  # noqa: B006  the reference's own default; it is only read
        remove_client_ids: str | list[str] = [],  # noqa: B006
        be_public: bool = False,
        model_name: str | None = None,
        job_id: str | None = None,
        access_token: str | None = None,
    ) -> list[str]:
        """Add and remove client ids, or all of them with ``be_public``, and return the new list.

        The change is in effect at every gateway when this returns.

        Args:
            add_client_ids: a client id, or several; one that is there already cancels the whole update
            remove_client_ids: a client id, or several; those that are not there are ignored
            be_public: remove them all: anyone may call
            model_name: the name of an active job
            job_id: its id instead
            access_token: of a shared backend; the one on this computer needs none

        Returns:
            The client ids after the change; empty: the job is public.

        Raises:
            DuplicateClients: a client id is there already, or came twice; nothing was changed
            WouldBecomePublic: the last client id would be removed without ``be_public``; nothing was changed
            NoSuchJob: no job has that id, or no active one that name
            NotConfirmed: it is written, but a gateway did not confirm in time that it acts on it

        """
        update = ClientsUpdate(add=tuple(add_client_ids), remove=tuple(remove_client_ids), be_public=be_public)
        control = backend(token=access_token)
        return list(control.update_clients(_job_id(control, model_name, job_id), update).client_ids)

    @staticmethod
    @checked(model_name=TEXT, job_id=TEXT, access_token=TOKEN)
    def cost(*, model_name: str | None = None, job_id: str | None = None, access_token: str | None = None) -> CostCard:
        """Return what a job has cost, what it costs an hour now, and what else it could have cost.

        Ours, not the reference's: hence by keyword only. Starts no backend.

        Args:
            model_name: the name of a job: the active one, else the newest that has ended
            job_id: its id instead
            access_token: of a shared backend; the one on this computer needs none

        Returns:
            Sums in micro-dollars beside all on demand and an always-on cooling instance, and the bill's own lines; in a
            notebook it shows itself with a plot.

        Raises:
            NoSuchJob: no job has that id or that name
            BackendDown: no backend runs

        """
        control = backend(start=False, token=access_token)
        return cost_card(control, find(control, model_name, job_id, ended=True))

    @staticmethod
    @checked(model_name=TEXT, job_id=TEXT, access_token=TOKEN)
    def list_clients(
        model_name: str | None = None, job_id: str | None = None, access_token: str | None = None
    ) -> list[str]:
        """Return the client ids of a job. Starts no backend.

        Args:
            model_name: the name of an active job
            job_id: its id instead; ended ones too
            access_token: of a shared backend; the one on this computer needs none

        Returns:
            The client ids; empty: the job is public.

        Raises:
            NoSuchJob: no job has that id, or no active one that name
            BackendDown: no backend runs

        """
        control = backend(start=False, token=access_token)
        return list(control.clients(_job_id(control, model_name, job_id)).client_ids)


def _job_id(control: ControlClient, model_name: str | None, job_id: str | None) -> str:
    return job_id or find(control, model_name, None).job_id


def _repo(artifacts_path: str | list[str]) -> Path:
    if isinstance(artifacts_path, list):
        return recreate(artifacts_path, home().make().root)
    return Path(artifacts_path).expanduser()
