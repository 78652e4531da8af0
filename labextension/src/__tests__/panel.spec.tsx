import { CommandRegistry } from '@lumino/commands';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { afterEach, expect, it, vi } from 'vitest';
import { Api } from '../api';
import { addCommands, CommandIDs } from '../commands';
import { DeploymentsModel } from '../model';
import type { Notebooks } from '../notebooks';
import { OptionName, OPTIONS } from '../options';
import { DeploymentsPanel } from '../panel';
import { VERBS } from '../verbs';
import {
  Answer,
  instance,
  job,
  json,
  machine,
  server,
  status,
  trans
} from './fake';

let panel: DeploymentsPanel | null = null;
afterEach(() => {
  panel?.dispose();
  panel = null;
});

function open(answer: Answer, notebooks: Partial<Notebooks> = {}) {
  const { settings, asked } = server(answer);
  const model = new DeploymentsModel(new Api(settings));
  model.intervalMs = 20;
  const commands = new CommandRegistry();
  addCommands(commands, model, trans, () => undefined);
  panel = new DeploymentsPanel(model, commands, notebooks as Notebooks, trans);
  Widget.attach(panel, document.body);
  MessageLoop.sendMessage(panel, Widget.Msg.AfterShow);
  return { model, commands, asked };
}

async function says(text: string): Promise<void> {
  await vi.waitFor(() => expect(panel!.node.textContent).toContain(text), 5000);
}

it('teaches the first deploy when nothing is deployed', async () => {
  open(() => json(status()));
  await says('Nothing is deployed yet');
  await says('%aibro deploy predict');
});

it('shows a job as a card with state, URL and money', async () => {
  const { asked } = open(() => json(status(job())));
  for (const text of [
    'iris v1',
    'DEPLOYED · DEPLOYED MODEL',
    '…/v1/ana/public/iris/predict',
    'always on · serving',
    'stands in for c5.large',
    'on AWS: $0.0123 so far, $0.085/h'
  ]) {
    await says(text);
  }
  expect(new URL(asked[0].url).pathname).toBe('/user/ana/aibro/api/status');
});

it('sends the ETag back, and keeps its state on 304', async () => {
  const { asked } = open((_, request) =>
    request.headers.get('If-None-Match') === '"7"'
      ? new Response(null, { status: 304 })
      : json(status(job()), 200, { ETag: '"7"' })
  );
  await says('iris v1');
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(2), 5000);
  expect(asked.at(-1)!.headers.get('If-None-Match')).toBe('"7"');
  await says('iris v1');
});

it('says what to do when no backend runs, and recovers by itself', async () => {
  let up = false;
  const refused = { error: { code: 'backend-down', message: 'none' } };
  open(() => (up ? json(status(job())) : json(refused, 503)));
  await says('No backend is running');
  await says('aibro up');
  up = true;
  await says('iris v1');
});

it('says how to enable a missing server extension', async () => {
  open(() => json({ message: 'Not Found' }, 404));
  await says('jupyter server extension enable aibro_jupyter');
});

it('asks only while somebody looks', async () => {
  const { model } = open(() => json(status()));
  await says('Nothing is deployed yet');
  panel!.hide();
  await vi.waitFor(() => expect(model.poll.state.phase).toBe('stopped'));
  panel!.show();
  await vi.waitFor(() => expect(model.poll.state.phase).toBe('resolved'));
});

it('completes a job once, with the button off meanwhile', async () => {
  const done = job({
    status: 'COMPLETED',
    substatus: 'COMPLETED',
    outcome: 'COMPLETED',
    instances: [instance({ phase: 'TERMINATED' })]
  });
  let confirm = (): void => undefined;
  const confirmed = new Promise<void>(resolve => (confirm = resolve));
  let completed = false;
  const { model, asked } = open(async (path, request) => {
    if (path.endsWith('/complete') && request.method === 'POST') {
      await confirmed;
      completed = true;
      return json(done);
    }
    return json(status(completed ? done : job()));
  });
  await says('Complete…');
  const completing = model.act('inf_1', 'Completing…', () =>
    model.api.complete('inf_1')
  );
  await says('Completing…');
  expect(panel!.node.querySelector('.aibro-mod-end')).toHaveProperty(
    'disabled',
    true
  );
  confirm();
  await completing;
  await says('COMPLETED');
  expect(asked.filter(request => request.method === 'POST')).toHaveLength(1);
});

function press(label: string): void {
  const buttons = [...panel!.node.querySelectorAll('button')];
  buttons.find(one => one.textContent === label)!.click();
}

it('tells of a finished deployment once, even when nobody looks', async () => {
  let coming = true;
  const { model } = open(() =>
    json(status(job(coming ? { status: 'QUEUING' } : {})))
  );
  const told: string[] = [];
  model.finished.connect((_, one) => told.push(one.model_name));
  await says('QUEUING');
  panel!.hide();
  coming = false;
  await vi.waitFor(() => expect(told).toEqual(['iris']), 5000);
  await vi.waitFor(() => expect(model.poll.state.phase).toBe('stopped'));
  panel!.show();
  await says('DEPLOYED');
  expect(told).toEqual(['iris']);
});

it('tells of a deployment that was over before it was ever seen', async () => {
  let up = false;
  const refused = { error: { code: 'backend-down', message: 'none' } };
  const old = job({ job_id: 'inf_0', model_name: 'old', created_at: 1 });
  const { model } = open(() =>
    up ? json(status(old, job({ created_at: 1000 }))) : json(refused, 503)
  );
  const told: string[] = [];
  model.finished.connect((_, one) => told.push(one.model_name));
  await says('No backend is running');
  up = true;
  await says('iris v1');
  expect(told).toEqual(['iris']);
});

it('predicts from the form, with the sample ready', async () => {
  const about = JSON.stringify({
    function: 'predict',
    sample: '[{"a": 1}]',
    parameters: [{ name: 'X' }]
  });
  const known = job();
  known.versions[0].spec.about = about;
  const { asked } = open(path =>
    path.endsWith('/aibro/try/inf_1')
      ? new Response('["setosa"]', {
          headers: { 'X-Aibro-Served-By': 'standby' }
        })
      : json(status(known))
  );
  await says('Try it');
  press('Try it');
  await says('predict(X)');
  press('Predict');
  await says('["setosa"]');
  await says('200 · standby');
  const posted = asked.find(request => request.method === 'POST')!;
  expect(JSON.parse(await posted.text())).toEqual([{ a: 1 }]);
});

it('says calmly what the backend should be helped with, and what it does not know', async () => {
  open(() =>
    json({
      ...status(job()),
      warnings: ['gateway gw1 has not reported since 14:02:05'],
      unknown: [
        {
          instance_id: 'ins_9',
          on: 'here',
          state: 'running',
          since: 1000,
          model_name: 'newer',
          job_id: 'inf_9',
          mine: true
        }
      ]
    })
  );
  await says('gateway gw1 has not reported since 14:02:05');
  await says('ins_9');
  await says('"aibro unknown" shows and ends it');
  expect(panel!.node.querySelector('[role=alert]')).toBeNull();
});

it('shows what is hostile as text', async () => {
  const hostile = '<img src=x onerror=alert(1)><script>alert(2)</script>';
  open(() =>
    json(
      status(
        job({
          model_name: hostile,
          description: hostile,
          reason: `${hostile}\n${hostile}`,
          warnings: [hostile],
          url: `http://h/v1/${hostile}/predict`
        }),
        job({
          job_id: 'inf_2',
          status: 'CANCELED',
          substatus: 'CANCELED',
          outcome: 'CANCELED',
          reason: `${hostile}\n${hostile}`
        })
      )
    )
  );
  await says('alert(1)');
  expect(panel!.node.querySelector('img, script')).toBeNull();
});

it('shows the lines that matter of a failed job', async () => {
  open(() =>
    json(
      status(
        job({
          status: 'CANCELED',
          substatus: 'CANCELED',
          outcome: 'CANCELED',
          reason: 'ValueError: no\n  File "predict.py", line 3'
        })
      )
    )
  );
  await says('ValueError: no');
  await says('line 3');
  await says('run the deploy cell again');
});

function openForm(ran: string[] = []) {
  const { commands } = open(
    path => json(path.endsWith('/machines') ? [machine(), strong] : status()),
    {
      open: () => [{ id: 'nb', path: 'a.ipynb' }],
      offer: () =>
        Promise.resolve({
          functions: [{ name: 'predict', signature: '(X)' }],
          samples: ['X[:5]'],
          loaded: false
        }),
      run: (_, source) => {
        ran.push(source);
        return Promise.resolve();
      }
    }
  );
  void commands.execute(CommandIDs.deploy);
}

const strong = machine({
  machine_id: 'g4dn.xlarge.od',
  gpu: '1 x T4',
  micros_per_hour: 526_000
});

/** The field that a label names. */
function field(label: string): HTMLInputElement | undefined {
  const labels = [...panel!.node.querySelectorAll('label')];
  const named = labels.find(one => one.textContent === label);
  return (named?.control as HTMLInputElement | null) ?? undefined;
}

function type(label: string, text: string): void {
  const input = field(label)!;
  // React hears of a value that is set past its own setter.
  const { set } = Object.getOwnPropertyDescriptor(
    HTMLInputElement.prototype,
    'value'
  )!;
  set!.call(input, text);
  input.dispatchEvent(new Event('input', { bubbles: true }));
}

function suggested(input: HTMLInputElement): string[] {
  const list = panel!.node.querySelector(`#${input.getAttribute('list')}`);
  return [...(list?.querySelectorAll('option') ?? [])].map(one => one.value);
}

it('deploys by running the magic in the notebook', async () => {
  const ran: string[] = [];
  openForm(ran);
  await says('Deploy a function');
  await says('predict(X)');
  await says('$62/month on AWS');
  press('Deploy');
  await vi.waitFor(() =>
    expect(ran).toEqual(['%load_ext aibro_jupyter\n%aibro deploy predict'])
  );
});

it('has a field for every option, with what it means and what stands in', async () => {
  const ran: string[] = [];
  openForm(ran);
  await says('$62/month on AWS');
  const { cooling, cool_down, ...others } = OPTIONS;
  expect(field(cool_down.label(trans))).toBeUndefined();
  type(cooling.label(trans), strong.machine_id);
  await says('2 vCPU · 4 GiB · 1 x T4 · $0.526/h');
  await says('Awake 4 h a day');
  for (const option of [cool_down, ...Object.values(others)]) {
    const input = field(option.label(trans))!;
    const otherwise =
      option.kind === 'name' ? 'predict' : option.otherwise(trans);
    expect(input.placeholder).toBe(otherwise);
    const help = input.getAttribute('aria-describedby')!;
    expect(panel!.node.querySelector(`#${help}`)!.textContent).toBe(
      option.help(trans)
    );
    const text = option.kind === 'dollars' ? '2.50' : `its${option.flag}`;
    type(option.label(trans), text);
    await says(` ${option.flag} ${text}`);
  }
  press('Deploy');
  await vi.waitFor(() => expect(ran).toHaveLength(1));
  expect(ran[0]).toContain(`--cooling ${strong.machine_id} --cool-down`);
});

it('suggests samples, machines and times', async () => {
  openForm();
  await says('$62/month on AWS');
  type(OPTIONS.cooling.label(trans), strong.machine_id);
  await says('Awake 4 h a day');
  const of = (name: OptionName): string[] =>
    suggested(field(OPTIONS[name].label(trans))!);
  expect(of('sample')).toEqual(['X[:5]']);
  expect(of('machine')).toEqual(['c5.large.od', 'g4dn.xlarge.od']);
  expect(of('cool_down')).toEqual(['1m', '10m', '1h']);
});

it('describes every command', () => {
  const { commands } = open(() => json(status()));
  for (const id of Object.values(CommandIDs)) {
    expect(commands.label(id)).not.toBe('');
    expect(commands.caption(id)).not.toBe('');
  }
});

it('says what a person would type instead', async () => {
  const { commands } = open(() => json(status(job())));
  await says('iris v1');
  const args = { jobId: 'inf_1', modelName: 'iris' };
  const typed = (id: string): string =>
    commands.caption(id, args).split('%aibro ')[1];
  expect(typed(CommandIDs.complete)).toBe('complete iris');
  expect(typed(CommandIDs.cooling)).toBe('cooling iris off');
  expect(typed(CommandIDs.killDrill)).toBe('drill kill iris');
  expect(commands.caption(CommandIDs.complete)).toBe(VERBS.complete(trans));
});
