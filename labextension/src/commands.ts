/** Every action of the panel as a command: for the palette, for shortcuts, for the card's buttons and menu alike. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon, LabIcon, refreshIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import * as actions from './actions';
import { curl, python } from './calls';
import { deploymentsIcon } from './icon';
import { line } from './lines';
import type { DeploymentsModel } from './model';
import { OPTIONS } from './options';
import { VERBS } from './verbs';
import type { IJobView } from './wire';

export const CommandIDs = {
  show: 'aibro:show',
  refresh: 'aibro:refresh',
  deploy: 'aibro:deploy',
  copyUrl: 'aibro:copy-url',
  copyCurl: 'aibro:copy-curl',
  copyPython: 'aibro:copy-python',
  openPage: 'aibro:open-page',
  mintClient: 'aibro:mint-client',
  removeClient: 'aibro:remove-client',
  makePublic: 'aibro:make-public',
  cooling: 'aibro:switch-cooling',
  sleepDrill: 'aibro:drill-sleep',
  spotDrill: 'aibro:drill-spot',
  killDrill: 'aibro:drill-kill',
  rollback: 'aibro:roll-back',
  budget: 'aibro:set-budget',
  complete: 'aibro:complete'
} as const;

/** The menu of a card; null is a line between two groups. */
export const MENU: (string | null)[] = [
  CommandIDs.openPage,
  CommandIDs.copyCurl,
  CommandIDs.copyPython,
  null,
  CommandIDs.budget,
  CommandIDs.cooling,
  CommandIDs.rollback,
  null,
  CommandIDs.sleepDrill,
  CommandIDs.spotDrill,
  CommandIDs.killDrill
];

const NO_ARGUMENTS = { args: { type: 'object', properties: {} } };
const A_JOB = {
  args: {
    type: 'object',
    properties: {
      jobId: { type: 'string', description: 'The id of the job' },
      modelName: { type: 'string', description: 'Its model name' },
      client: { type: 'number', description: 'Which client, counted from 0' },
      name: { type: 'string', description: 'The name of a new client' }
    },
    required: ['jobId', 'modelName']
  }
};

interface IMore {
  icon?: LabIcon;
  /** What it is called for a job at this moment. */
  label?: (job: IJobView) => string;
  /** What a person would type instead. */
  typed?: (job: IJobView) => string;
  isEnabled?: (job: IJobView) => boolean;
}

type Run = (job: IJobView, args: ReadonlyPartialJSONObject) => Promise<unknown>;

export function addCommands(
  commands: CommandRegistry,
  model: DeploymentsModel,
  trans: TranslationBundle,
  show: () => void
): void {
  addPanelCommands(commands, model, trans, show);
  const add = (
    id: string,
    label: string,
    caption: string,
    run: Run,
    more: IMore = {}
  ): void => {
    commands.addCommand(id, {
      label: args => {
        const job = jobOf(model, args);
        return job && more.label ? more.label(job) : label;
      },
      caption: args => {
        const job = jobOf(model, args);
        return job && more.typed ? `${caption}: ${more.typed(job)}` : caption;
      },
      icon: more.icon,
      describedBy: A_JOB,
      isEnabled: args => {
        const job = jobOf(model, args);
        return !job || (more.isEnabled ? more.isEnabled(job) : true);
      },
      execute: args => {
        const job = jobOf(model, args);
        return job ? run(job, args) : Promise.resolve(false);
      }
    });
  };
  const at = { model, trans };
  add(
    CommandIDs.copyUrl,
    trans.__('Copy API URL'),
    trans.__('Copy the whole URL, with the client id in clear'),
    (job, args) => actions.copy(at, job, url => url, args.client),
    { icon: copyIcon }
  );
  add(
    CommandIDs.copyCurl,
    trans.__('Copy as curl'),
    trans.__('Copy a command for a terminal, with the client id in clear'),
    job => actions.copy(at, job, url => curl(job, url))
  );
  add(
    CommandIDs.copyPython,
    trans.__('Copy as Python'),
    trans.__('Copy what gives the function back in another notebook'),
    job => actions.copy(at, job, url => python(job, url))
  );
  add(
    CommandIDs.openPage,
    trans.__('Open API Page'),
    trans.__('What the API takes and how to call it, in a new tab'),
    job => actions.openPage(at, job)
  );
  add(
    CommandIDs.mintClient,
    trans.__('Add Client'),
    trans.__('Let somebody call, by an id that nobody can guess'),
    (job, args) => actions.mint(at, job, String(args.name ?? ''))
  );
  add(
    CommandIDs.removeClient,
    trans.__('Remove Client…'),
    trans.__('Its URL stops answering at once'),
    (job, args) => actions.removeClient(at, job, Number(args.client))
  );
  add(
    CommandIDs.makePublic,
    trans.__('Make Public…'),
    trans.__('Remove all client ids: whoever reaches the URL can call'),
    job => actions.makePublic(at, job)
  );
  addEngineCommands(add, at);
}

function addEngineCommands(
  add: (
    id: string,
    label: string,
    caption: string,
    run: Run,
    more?: IMore
  ) => void,
  at: actions.IPlace
): void {
  const { trans } = at;
  const perDay = OPTIONS.budget_per_day;
  add(
    CommandIDs.budget,
    trans.__('Set Budget…'),
    `${perDay.label(trans)}: ${perDay.help(trans)}`,
    job => actions.budget(at, job)
  );
  add(
    CommandIDs.cooling,
    trans.__('Cooling On or Off'),
    VERBS.cooling(trans),
    job => actions.cooling(at, job),
    {
      isEnabled: hasCooling,
      label: job =>
        job.cooling_off
          ? trans.__('Switch Cooling On')
          : trans.__('Switch Cooling Off'),
      typed: job =>
        line('cooling', job.model_name, job.cooling_off ? 'on' : 'off')
    }
  );
  add(
    CommandIDs.rollback,
    trans.__('Roll Back…'),
    VERBS.rollback(trans),
    job => actions.rollback(at, job),
    {
      isEnabled: job => job.versions.some(one => one.state === 'retired'),
      typed: job => line('rollback', job.model_name)
    }
  );
  add(
    CommandIDs.sleepDrill,
    trans.__('Drill: Cool Down Now'),
    trans.__('Send the cooling machine to sleep; the next request wakes it'),
    job => actions.drill(at, job, 'sleep'),
    {
      isEnabled: isAwake,
      typed: job => line('drill', 'sleep', job.model_name)
    }
  );
  add(
    CommandIDs.spotDrill,
    trans.__('Drill: Spot Interruption…'),
    trans.__('Take a machine back as a cloud does, two minutes after a notice'),
    job => actions.drill(at, job, 'spot'),
    { typed: job => line('drill', 'spot', job.model_name) }
  );
  add(
    CommandIDs.killDrill,
    trans.__('Drill: Kill an Instance…'),
    trans.__('Kill a serving process; it is replaced, requests are sent again'),
    job => actions.drill(at, job, 'kill'),
    { typed: job => line('drill', 'kill', job.model_name) }
  );
  add(
    CommandIDs.complete,
    trans.__('Complete Job…'),
    VERBS.complete(trans),
    job => actions.complete(at, job),
    { typed: job => line('complete', job.model_name) }
  );
}

function addPanelCommands(
  commands: CommandRegistry,
  model: DeploymentsModel,
  trans: TranslationBundle,
  show: () => void
): void {
  commands.addCommand(CommandIDs.show, {
    label: trans.__('Show Deployments'),
    caption: trans.__('Open the panel of deployed models'),
    icon: deploymentsIcon,
    describedBy: NO_ARGUMENTS,
    execute: show
  });
  commands.addCommand(CommandIDs.refresh, {
    label: trans.__('Refresh Deployments'),
    caption: trans.__('Ask the backend now'),
    icon: refreshIcon,
    describedBy: NO_ARGUMENTS,
    execute: () => model.refresh()
  });
  commands.addCommand(CommandIDs.deploy, {
    label: trans.__('Deploy a Function…'),
    caption: VERBS.deploy(trans),
    icon: deploymentsIcon,
    describedBy: NO_ARGUMENTS,
    execute: () => {
      show();
      model.deploying = true;
    }
  });
}

function jobOf(
  model: DeploymentsModel,
  args: ReadonlyPartialJSONObject
): IJobView | undefined {
  return model.status?.jobs.find(job => job.job_id === args.jobId);
}

function hasCooling(job: IJobView): boolean {
  return Boolean(job.versions[0]?.spec.machines.cooling);
}

function isAwake(job: IJobView): boolean {
  return job.instances.some(
    one => one.role === 'cooling' && one.phase === 'SERVING'
  );
}
