/** What the commands do: ask where something cannot be taken back, do it, and say what went wrong. */
import {
  Dialog,
  InputDialog,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Drill } from './api';
import { toClipboard } from './copy';
import type { ApiError } from './errors';
import { masked } from './masking';
import type { DeploymentsModel } from './model';
import { OPTIONS } from './options';
import type { IJobView } from './wire';

export interface IPlace {
  model: DeploymentsModel;
  trans: TranslationBundle;
}

const MICROS = 1_000_000;

/** Put something with a job's URL in clear on the clipboard; resolves to whether it is there. */
export async function copy(
  at: IPlace,
  job: IJobView,
  text: (url: string) => string,
  client?: unknown
): Promise<boolean> {
  return attempted(async () => {
    const url = await urlOf(at, job, client);
    if (url) {
      await toClipboard(text(url));
    }
    return Boolean(url);
  });
}

/** Show the page of the API; its address holds the client id, so it goes to the browser and nowhere else. */
export async function openPage(at: IPlace, job: IJobView): Promise<boolean> {
  return attempted(async () => {
    const url = await urlOf(at, job);
    if (url) {
      window.open(url.replace(/\/predict$/, ''), '_blank', 'noopener');
    }
    return Boolean(url);
  });
}

async function urlOf(
  { model, trans }: IPlace,
  job: IJobView,
  client?: unknown
): Promise<string | undefined> {
  const { client_ids, urls } = await model.api.clients(job.job_id);
  if (typeof client === 'number') {
    return urls[client];
  }
  if (urls.length < 2) {
    return urls[0];
  }
  const items = client_ids.map((id, index) => `${index + 1}. ${masked(id)}`);
  const { value } = await InputDialog.getItem({
    title: trans.__('Copy the URL of which client?'),
    items
  });
  return value === null ? undefined : urls[items.indexOf(value)];
}

/** An id that begins with the name and goes on with 124 bits of chance. */
export function mintedId(name: string): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  const label = name.trim().replace(/[^\w.]+/g, '-') || 'client';
  // Bytes past the last whole multiple of 36 are left out, or some letters came more often than others.
  const bytes = crypto.getRandomValues(new Uint8Array(96));
  const secret = [...bytes].filter(byte => byte < 252).slice(0, 24);
  return `${label}-${secret.map(byte => letters[byte % 36]).join('')}`;
}

export async function mint(
  { model, trans }: IPlace,
  job: IJobView,
  name: string
): Promise<void> {
  await done(model, job, trans.__('Adding a client…'), () =>
    model.api.updateClients(job.job_id, { add: [mintedId(name)] })
  );
}

export async function removeClient(
  { model, trans }: IPlace,
  job: IJobView,
  index: number
): Promise<void> {
  const { client_ids } = await model.api.clients(job.job_id);
  const id = client_ids[index];
  if (id === undefined) {
    return;
  }
  const sure = await asked(
    trans.__('Remove %1 from %2?', masked(id), job.model_name),
    trans.__('Its URL stops answering at once, everywhere.'),
    trans.__('Remove'),
    trans
  );
  if (sure) {
    await done(model, job, trans.__('Removing…'), () =>
      model.api.updateClients(job.job_id, { remove: [id] })
    );
  }
}

export async function makePublic(
  { model, trans }: IPlace,
  job: IJobView
): Promise<void> {
  const sure = await asked(
    trans.__('Make %1 public?', job.model_name),
    trans.__(
      'All client ids are removed: whoever reaches the URL can call it, and can wake machines that cost money.'
    ),
    trans.__('Make Public'),
    trans
  );
  if (sure) {
    await done(model, job, trans.__('Opening…'), () =>
      model.api.updateClients(job.job_id, { be_public: true })
    );
  }
}

export async function cooling(
  { model, trans }: IPlace,
  job: IJobView
): Promise<void> {
  const word = job.cooling_off
    ? trans.__('Switching cooling on…')
    : trans.__('Switching cooling off…');
  await done(model, job, word, () =>
    model.api.cooling(job.job_id, !job.cooling_off)
  );
}

export async function rollback(
  { model, trans }: IPlace,
  job: IJobView
): Promise<void> {
  const before = job.versions.find(one => one.state === 'retired');
  const sure = await asked(
    trans.__('Roll %1 back?', job.model_name),
    trans.__(
      'v%1 comes up beside the live version and takes over when it is ready. The API answers all the while.',
      before?.version ?? '?'
    ),
    trans.__('Roll Back'),
    trans
  );
  if (sure) {
    await done(model, job, trans.__('Rolling back…'), () =>
      model.api.rollback(job.job_id)
    );
  }
}

export async function drill(
  { model, trans }: IPlace,
  job: IJobView,
  kind: Drill
): Promise<void> {
  const told: Record<Drill, string> = {
    sleep: '',
    spot: trans.__(
      'A machine is taken back two minutes after a notice, as a cloud may do at any time. Its replacement comes up meanwhile; no request should be lost.'
    ),
    kill: trans.__(
      'A serving process is killed without a warning. Requests that it holds are sent again; it is replaced.'
    )
  };
  const sure =
    !told[kind] ||
    (await asked(
      trans.__('Drill %1?', job.model_name),
      told[kind],
      trans.__('Drill'),
      trans
    ));
  if (sure) {
    await done(model, job, trans.__('Drilling…'), () =>
      model.api.drill(job.job_id, kind)
    );
  }
}

export async function budget(
  { model, trans }: IPlace,
  job: IJobView
): Promise<void> {
  const perDay = OPTIONS.budget_per_day;
  const known = job.budget?.per_day_micros;
  const { value } = await InputDialog.getNumber({
    title: trans.__('Budget of %1', job.model_name),
    label: trans.__(
      '%1: %2. 0: no budget.',
      perDay.label(trans),
      perDay.help(trans)
    ),
    value: known ? known / MICROS : 0,
    okLabel: trans.__('Set Budget')
  });
  if (value === null || Number.isNaN(value) || value < 0) {
    return;
  }
  await done(model, job, trans.__('Setting the budget…'), () =>
    model.api.limits(job.job_id, {
      budget_per_day_micros: value === 0 ? null : Math.round(value * MICROS),
      budget_stop_micros: job.budget?.stop_micros ?? null,
      until: job.budget?.until ?? null
    })
  );
}

export async function complete(
  { model, trans }: IPlace,
  job: IJobView
): Promise<void> {
  const sure = await asked(
    trans.__('Complete %1?', job.model_name),
    trans.__(
      'Its URL stops answering at once and its instances are closed. What it cost stays on record. This cannot be taken back: deploying again starts a new job.'
    ),
    trans.__('Complete'),
    trans
  );
  if (sure) {
    await done(model, job, trans.__('Completing…'), () =>
      model.api.complete(job.job_id)
    );
  }
}

async function asked(
  title: string,
  body: string,
  yes: string,
  trans: TranslationBundle
): Promise<boolean> {
  const { button } = await showDialog({
    title,
    body,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Keep It') }),
      Dialog.warnButton({ label: yes })
    ],
    defaultButton: 0
  });
  return button.accept;
}

async function done(
  model: DeploymentsModel,
  job: IJobView,
  word: string,
  action: () => Promise<unknown>
): Promise<void> {
  await attempted(async () => {
    await model.act(job.job_id, word, action);
    return true;
  });
}

async function attempted(action: () => Promise<boolean>): Promise<boolean> {
  try {
    return await action();
  } catch (error) {
    report(error as ApiError);
    return false;
  }
}

export function report(error: ApiError): void {
  Notification.error([error.message, error.fix].filter(Boolean).join('\n'), {
    autoClose: false
  });
}
