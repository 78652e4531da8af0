"""Every rule of the reference, quoted, with what holds it: a test of this folder, another test, or a named deviation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One sentence of the reference; ``held_by`` names a test ``file::function``, or ``deviation:NAME``."""

    name: str
    quote: str
    held_by: tuple[str, ...]


def rule(name: str, quote: str, *held_by: str) -> Rule:
    return Rule(name, quote, held_by)


DEPLOY = [
    rule(
        "deploy-signature",
        "def deploy(model_name, machine_id_config, artifacts_path, dryrun=False, cool_down_period_s=600, client_ids=[], "
        'access_token=None, description="", wait_request_s=30) -> str',
        "test_deploy.py::test_the_parameters_are_the_references_in_its_order_with_its_defaults",
        "deviation:first-three-optional",
        "deviation:masked-repr",
    ),
    rule(
        "deploy-starts",
        "This method starts an inference job to deploy models on cloud instances.",
        "test_deploy.py::test_deploy_returns_the_api_url_and_the_api_answers",
        "deviation:quiet-library",
    ),
    rule(
        "unique-name",
        "the model name should be unique respect to the model names from all active inference jobs",
        "test_deploy.py::test_a_model_name_of_an_active_job_is_refused",
        "test_complete.py::test_a_completed_jobs_name_is_free_again",
    ),
    rule(
        "machine-string",
        '"c5.large.od": use the on-demand "c5.large" instance as the standby instance',
        "test_machines.py::test_every_syntax_of_machine_id_config",
    ),
    rule(
        "machine-standby",
        '{"standby": "c5.large.od"}: use the on-demand "c5.large" instance as the standby instance',
        "test_machines.py::test_every_syntax_of_machine_id_config",
    ),
    rule(
        "machine-both",
        '{"standby": "c5.large.od", "cooling": "g4dn.4xlarge.od"}: standby and cooling',
        "test_machines.py::test_every_syntax_of_machine_id_config",
    ),
    rule(
        "od-required",
        "The machine id has to be on-demand (ends by `.od`).",
        "test_machines.py::test_a_spot_id_is_refused_and_the_on_demand_one_named",
        "test_machines.py::test_the_references_own_example_of_spot_ids_is_refused_by_deploy_and_simulate_alike",
        "deviation:spot-in-the-example",
    ),
    rule(
        "standby-mandatory",
        "One standby instance is mandatory whereas cooling instance is optional",
        "test_machines.py::test_cooling_without_standby_is_refused",
    ),
    rule(
        "spot-replaces",
        "If spot instances are available, AIbro automatically replaces its same-type on-demand instances",
        "test_spot.py::test_spot_replaces_the_same_type_without_a_failed_request",
    ),
    rule(
        "artifacts-string",
        '"path/to/repo": The whole repo would be uploaded and deployed on cloud',
        "test_deploy.py::test_deploy_returns_the_api_url_and_the_api_answers",
    ),
    rule(
        "artifacts-list",
        "AIbro would combine and recreate a model repo called `aibro_repo` under the root path of aibro library",
        "test_deploy.py::test_a_list_of_artifacts_is_recreated_as_aibro_repo_under_the_home",
        "deviation:recreated-in-home",
    ),
    rule(
        "dryrun",
        "If `dryrun==True`, `deploy()` would start validating the repo structure and testing if inference result can be "
        "successfully returned.",
        "test_dryrun.py::test_a_dry_run_needs_only_the_artifacts_and_says_passed",
        "test_dryrun.py::test_a_dry_run_says_what_failed",
    ),
    rule(
        "cool-down",
        "By default, the cooling instance would stop once there is no new inference request coming within 600 seconds.",
        "test_deploy.py::test_the_options_are_the_jobs",
    ),
    rule(
        "clients-restrict",
        "The argument used to restrict specific clients to access to your inference API.",
        "test_clients.py::test_only_its_clients_can_call",
    ),
    rule(
        "clients-any-syntax",
        "The client ids can be customized in any syntax as long as there is no duplication.",
        "test_clients.py::test_client_ids_of_any_syntax_can_call",
        "test_clients.py::test_a_client_id_twice_is_refused",
        "deviation:client-ids-in-urls",
    ),
    rule(
        "public",
        "If there is no client id, the inference job becomes public.",
        "test_deploy.py::test_deploy_returns_the_api_url_and_the_api_answers",
    ),
    rule(
        "client-in-url",
        "client id is used as a part of API URL",
        "test_clients.py::test_deploy_returns_the_first_clients_url",
    ),
    rule(
        "access-token",
        "The access token used in authentication. If its value is None, email and password would be required to input.",
        "test_deploy.py::test_a_shared_backend_takes_the_access_token",
        "test_deploy.py::test_the_embedded_backend_asks_for_nothing",
        "deviation:authentication",
    ),
    rule(
        "description",
        "The description used to remind which inference job was which.",
        "test_deploy.py::test_the_options_are_the_jobs",
    ),
    rule(
        "wait-request",
        "The time in seconds used to wait for instance request to be fulfilled.",
        "test_deploy.py::test_wait_request_s_is_taken",
    ),
]

COMPLETE = [
    rule(
        "complete-signature",
        "def complete(model_name=None, job_id=None, access_token=None)",
        "test_complete.py::test_the_parameters_are_the_references",
    ),
    rule(
        "complete-stops",
        "Completing an inference job shuts down all instances and stops its API services.",
        "test_complete.py::test_complete_closes_the_api_and_ends_the_instances",
    ),
    rule(
        "complete-by-name",
        "Since model name is required to be unique, it can be used to search which job to complete.",
        "test_complete.py::test_complete_closes_the_api_and_ends_the_instances",
    ),
    rule(
        "job-id-wins",
        "If both parameters have input, `job_id` would be used to search inference job.",
        "test_complete.py::test_job_id_wins_over_model_name",
        "test_clients.py::test_job_id_wins_over_model_name",
    ),
    rule(
        "either",
        "You may only need to input either `model_name` or `job_id`.",
        "test_complete.py::test_neither_name_nor_id_is_refused",
    ),
]

CLIENTS = [
    rule(
        "update-signature",
        "def update_clients(add_client_ids=[], remove_client_ids=[], be_public=False, model_name=None, job_id=None, "
        "access_token=None) -> List[str]",
        "test_clients.py::test_the_parameters_are_the_references",
    ),
    rule(
        "add-one-or-list",
        "The argument used to add one single or one list of client ids.",
        "test_clients.py::test_one_or_a_list_can_be_added_and_removed",
    ),
    rule(
        "add-duplicates",
        "If duplicated client ids are found, the update would be canceled.",
        "test_clients.py::test_a_duplicate_cancels_the_whole_update",
    ),
    rule(
        "remove-one-or-list",
        "The argument used to remove one single or one list of client ids.",
        "test_clients.py::test_one_or_a_list_can_be_added_and_removed",
        "deviation:last-client",
    ),
    rule(
        "remove-unknown",
        "Client ids that are not found would be ignored.",
        "test_clients.py::test_unknown_removals_are_ignored",
    ),
    rule(
        "be-public",
        "If the argument is set `True`, it removes all client ids and the inference job becomes public.",
        "test_clients.py::test_be_public_removes_all_and_opens_the_api",
    ),
    rule(
        "list-signature",
        "def list_clients(model_name=None, job_id=None, access_token=None) -> List[str]",
        "test_clients.py::test_the_parameters_are_the_references",
    ),
    rule(
        "list",
        "Return a list of client ids of the targeted inference job.",
        "test_clients.py::test_one_or_a_list_can_be_added_and_removed",
    ),
]

STATUS = [
    rule(
        "standby", "Standby instance: the instance never turns off.", "test_status.py::test_a_standby_job_is_deployed"
    ),
    rule(
        "cooling",
        "Cooling instance: the instance only turns on when receiving a new inference request",
        "test_cooling.py::test_a_request_wakes_the_cooling_instance_which_then_has_priority",
    ),
    rule(
        "priority",
        "the cooling instance would have higher priority to handle upcoming inference requests",
        "test_cooling.py::test_a_request_wakes_the_cooling_instance_which_then_has_priority",
    ),
    rule(
        "stops-when-idle",
        "only turns off when no inference request is received within `cool_down_period_s` seconds",
        "test_cooling.py::test_the_cooling_instance_sleeps_after_its_period",
    ),
    rule(
        "savings",
        "3.91 * 16 = $62.56, 1.2 * 16 + 3.91 * 6 = $42.66, spot $25.76 and $15.42",
        "test_status.py::test_the_case_studys_figures_are_the_catalogues",
    ),
    rule(
        "console",
        "Once a job starts, its states and substates are updated on the Jobs page of AIbro Console.",
        "test_status.py::test_a_standby_job_is_deployed",
        "deviation:console",
    ),
    rule(
        "words",
        "Job Status, Job Substatus, Instance Status, Instance Substatus and their descriptions",
        "test_status.py::test_the_words_are_the_references",
        "deviation:gearing-up-words",
    ),
    rule(
        "map",
        "The following table is a status-substatus map of jobs and instances.",
        "test_status.py::test_the_map_cell_by_cell",
        "deviation:deployed-model",
        "deviation:deployed-extension",
        "deviation:ended-closes",
    ),
]

RULES = [*DEPLOY, *COMPLETE, *CLIENTS, *STATUS]
