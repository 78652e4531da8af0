/** Every action of the panel as a command: for the palette, for shortcuts, for the card's buttons alike. */
import {
  Dialog,
  InputDialog,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon, refreshIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ApiError } from './api';
import { toClipboard } from './copy';
import { deploymentsIcon } from './icon';
import type { DeploymentsModel } from './model';
import { masked } from './words';

export const CommandIDs = {
  show: 'aibro:show',
  refresh: 'aibro:refresh',
  copyUrl: 'aibro:copy-url',
  complete: 'aibro:complete'
} as const;

const NO_ARGUMENTS = { args: { type: 'object', properties: {} } };
const A_JOB = {
  args: {
    type: 'object',
    properties: {
      jobId: { type: 'string', description: 'The id of the job' },
      modelName: { type: 'string', description: 'Its model name' }
    },
    required: ['jobId', 'modelName']
  }
};

export function addCommands(
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
  commands.addCommand(CommandIDs.copyUrl, {
    label: trans.__('Copy API URL'),
    caption: trans.__('Copy the whole URL, with the client id in clear'),
    icon: copyIcon,
    describedBy: A_JOB,
    execute: args => copyUrl(model, String(args.jobId), trans)
  });
  commands.addCommand(CommandIDs.complete, {
    label: trans.__('Complete Job…'),
    caption: trans.__('End the job: its URL stops answering'),
    describedBy: A_JOB,
    execute: args =>
      complete(model, String(args.jobId), String(args.modelName), trans)
  });
}

/** Copy a job's URL in clear; true when it is on the clipboard. */
async function copyUrl(
  model: DeploymentsModel,
  jobId: string,
  trans: TranslationBundle
): Promise<boolean> {
  try {
    const { client_ids, urls } = await model.api.clients(jobId);
    const url =
      urls.length > 1 ? await choose(client_ids, urls, trans) : urls[0];
    if (url) {
      await toClipboard(url);
    }
    return Boolean(url);
  } catch (error) {
    report(error as ApiError);
    return false;
  }
}

async function choose(
  clientIds: string[],
  urls: string[],
  trans: TranslationBundle
): Promise<string | undefined> {
  const items = clientIds.map((id, index) => `${index + 1}. ${masked(id)}`);
  const { value } = await InputDialog.getItem({
    title: trans.__('Copy the URL of which client?'),
    items
  });
  return value === null ? undefined : urls[items.indexOf(value)];
}

async function complete(
  model: DeploymentsModel,
  jobId: string,
  modelName: string,
  trans: TranslationBundle
): Promise<void> {
  const { button } = await showDialog({
    title: trans.__('Complete %1?', modelName),
    body: trans.__(
      'Its URL stops answering at once and its instances are closed. What it cost stays on record. This cannot be taken back: deploying again starts a new job.'
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Keep It') }),
      Dialog.warnButton({ label: trans.__('Complete') })
    ],
    defaultButton: 0
  });
  if (!button.accept) {
    return;
  }
  try {
    await model.complete(jobId);
  } catch (error) {
    report(error as ApiError);
  }
}

function report(error: ApiError): void {
  Notification.error([error.message, error.fix].filter(Boolean).join('\n'), {
    autoClose: false
  });
}
