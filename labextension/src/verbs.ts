/** The verbs of `%aibro`. Written by tools/generate.py from aibro_jupyter/verbs/table.py. */
import type { Said } from './options';

/** The words behind each, in their order; a job is always named. */
export interface IVerbs {
  deploy: [string?];
  capture: [string?];
  dryrun: [...string[]];
  status: [string];
  panel: [string];
  form: [string?];
  complete: [string];
  clients: [string];
  secrets: [string];
  logs: [string];
  events: [string];
  cost: [string];
  drill: ['spot' | 'sleep' | 'kill', string];
  rollback: [string];
  cooling: [string, 'on' | 'off'];
  limits: [string];
  terms: [string];
  budget: [];
  machines: [string?];
  up: [];
  down: [];
  doctor: [];
  metrics: [];
  prune: [];
  restore: [];
  unknown: [];
  login: [string?];
  logout: [];
  explain: [string?];
  completion: ['bash' | 'zsh' | 'fish' | 'jobs'];
  help: [string?];
}

export type Verb = keyof IVerbs;

/** What each does. */
export const VERBS: Record<Verb, Said> = {
  deploy: trans =>
    trans.__(
      'Capture a function, prove it and serve it as an API; again: update it'
    ),
  capture: trans =>
    trans.__('Write the aibro_repo of a function and prove it, deploy nothing'),
  dryrun: trans =>
    trans.__(
      'Run a model repo on its own sample in a fresh process, deploy nothing'
    ),
  status: trans => trans.__('Show what is deployed, where, and what it costs'),
  panel: trans => trans.__("Show status and money in the cell's output, live"),
  form: trans => trans.__('Deploy by choosing instead of typing'),
  complete: trans => trans.__('End a job: its API is closed and its name free'),
  clients: trans => trans.__('Show who may call a job; add, remove'),
  secrets: trans => trans.__('Show the names of the secrets that a job has'),
  logs: trans =>
    trans.__(
      "Show what a job's instances wrote: prints, environment, tracebacks"
    ),
  events: trans =>
    trans.__('Show what happened to a job, and each wake in parts'),
  cost: trans =>
    trans.__('Show what a job has cost, and what else it could have cost'),
  drill: trans =>
    trans.__(
      'Break an instance on purpose under steady requests, and count what is lost'
    ),
  rollback: trans =>
    trans.__('Let the version before come up beside and take over'),
  cooling: trans =>
    trans.__("Switch a job's cooling instance off for good, or on again"),
  limits: trans =>
    trans.__('Show what a job may cost and for how long; set, clear'),
  terms: trans =>
    trans.__(
      'Show what callers may take: how long they wait, how many requests, from which web pages; set, clear'
    ),
  budget: trans => trans.__('Show what all jobs together may cost; set, clear'),
  machines: trans => trans.__('Show machine ids, their sizes and prices'),
  up: trans =>
    trans.__(
      'Start the backend on this computer; parked jobs come back. Where it listens is kept for every later start'
    ),
  down: trans =>
    trans.__(
      'Park every job and end the backend on this computer; `up` brings the jobs back'
    ),
  doctor: trans => trans.__('Check what this computer needs to have'),
  metrics: trans =>
    trans.__(
      'Show where Prometheus finds metrics, and its configuration for that'
    ),
  prune: trans =>
    trans.__(
      'Remove bundles and environments that no active or rollback version uses; after 30 days they go by themselves'
    ),
  restore: trans =>
    trans.__(
      "Bring back the database of this computer's backend from a copy it made; what is there is put aside"
    ),
  unknown: trans =>
    trans.__(
      'Show instances that the database does not know, as after a restore; they are ended only when asked'
    ),
  login: trans =>
    trans.__(
      'Use a shared backend; its token is asked for without being shown'
    ),
  logout: trans => trans.__('Use the backend on this computer again'),
  explain: trans => trans.__('Say what an error code means'),
  completion: trans =>
    trans.__('Print a script that makes a shell complete this command'),
  help: trans => trans.__("Show this list, or a verb's options")
};
