"""The reference's API, one to one: ``Inference.deploy``, ``complete``, ``update_clients``, ``list_clients``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.client.secrets import collected
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.home import home
from aibro_jupyter.machines import machine_config
from aibro_jupyter.masking import Secret
from aibro_jupyter.protocol import ClientsUpdate, Step
from aibro_jupyter.repo.dryrun import dryrun as dryrun_repo
from aibro_jupyter.repo.layout import recreate
from aibro_jupyter.views.cost import CostCard
from aibro_jupyter.views.costing import cost_card
from aibro_jupyter.views.watch import watched

DRYRUN_PASSED = "DRYRUN TEST: passed"


class Inference:
    """Deploy model repos as inference APIs, and manage who may call them."""

    @staticmethod
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
        on: str = "here",
        enforce: bool = False,
        secrets: Sequence[str] = (),
        on_step: Callable[[Step], None] | None = None,
    ) -> str:
        """Start an inference job and return its API URL: the first client's, or the public one.

        Returns when the model serves. A model name that an active job has raises ``NameTaken``, a model that does not
        come up ``DeployFailed``. ``dryrun=True`` needs only ``artifacts_path``: it runs the repo in a fresh process
        and returns ``DRYRUN TEST: passed``, or raises with what failed. Progress goes to ``on_step`` and to the
        notebook's widget if the magics are loaded, else to stderr if that is a terminal, else nowhere.
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
            machines = machine_config(machine_id_config)
            deployed = deploy_repo(
                backend(token=access_token),
                _repo(artifacts_path),
                model_name=model_name,
                machines=machines,
                cool_down_period_s=cool_down_period_s,
                client_ids=_as_list(client_ids),
                description=description,
                wait_request_s=wait_request_s,
                request_limit_s=request_limit_s,
                on=on,
                enforce=enforce,
                secrets=collected(_as_list(secrets)),
                on_step=look.step,
            )
        return Secret(deployed.urls[0])

    @staticmethod
    def complete(model_name: str | None = None, job_id: str | None = None, access_token: str | None = None) -> None:
        """Shut down all instances of a job and stop its API; the API is closed when this returns."""
        control = backend(token=access_token)
        control.complete(_job_id(control, model_name, job_id))

    @staticmethod
    def update_clients(
        add_client_ids: str | list[str] = [],  # noqa: B006  the reference's own default; it is only read
        remove_client_ids: str | list[str] = [],  # noqa: B006
        be_public: bool = False,
        model_name: str | None = None,
        job_id: str | None = None,
        access_token: str | None = None,
    ) -> list[str]:
        """Add and remove client ids, or all of them with ``be_public``, and return the new list.

        A duplicate cancels the whole update, ids to remove that are not there are ignored; the change is effective
        at every gateway when this returns. Removing the last id without ``be_public`` raises ``WouldBecomePublic``.
        """
        control = backend(token=access_token)
        update = ClientsUpdate(add=_as_list(add_client_ids), remove=_as_list(remove_client_ids), be_public=be_public)
        return list(control.update_clients(_job_id(control, model_name, job_id), update).client_ids)

    @staticmethod
    def cost(*, model_name: str | None = None, job_id: str | None = None, access_token: str | None = None) -> CostCard:
        """Return what a job has cost, what it costs an hour now, and what else it could have cost, in micro-dollars.

        All on demand and an always-on cooling instance stand beside it; in a notebook it shows itself with a plot.
        Ours, not the reference's: hence by keyword only. Starts no backend.
        """
        control = backend(start=False, token=access_token)
        return cost_card(control, control.job(_job_id(control, model_name, job_id)))

    @staticmethod
    def list_clients(
        model_name: str | None = None, job_id: str | None = None, access_token: str | None = None
    ) -> list[str]:
        """Return the client ids of a job; an empty list is a public one. Starts no backend."""
        control = backend(start=False, token=access_token)
        return list(control.clients(_job_id(control, model_name, job_id)).client_ids)


def _as_list(ids: str | Sequence[str]) -> tuple[str, ...]:
    return (ids,) if isinstance(ids, str) else tuple(ids)


def _job_id(control: ControlClient, model_name: str | None, job_id: str | None) -> str:
    if job_id:
        return job_id
    if model_name:
        return control.job_named(model_name).job_id
    raise BadRequest("which job?", fix="give its model_name or its job_id")


def _repo(artifacts_path: str | list[str]) -> Path:
    if isinstance(artifacts_path, list):
        return recreate(artifacts_path, home().make().root)
    return Path(artifacts_path).expanduser()
