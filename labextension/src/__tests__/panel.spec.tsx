import { CommandRegistry } from '@lumino/commands';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { afterEach, expect, it, vi } from 'vitest';
import { Api } from '../api';
import { addCommands, CommandIDs } from '../commands';
import { DeploymentsModel } from '../model';
import { DeploymentsPanel } from '../panel';
import { Answer, instance, job, json, server, status, trans } from './fake';

let panel: DeploymentsPanel | null = null;
afterEach(() => {
  panel?.dispose();
  panel = null;
});

function open(answer: Answer) {
  const { settings, asked } = server(answer);
  const model = new DeploymentsModel(new Api(settings));
  model.intervalMs = 20;
  const commands = new CommandRegistry();
  addCommands(commands, model, trans, () => undefined);
  panel = new DeploymentsPanel(model, commands, trans);
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
  open(() =>
    up
      ? json(status(job()))
      : json({ code: 'backend-down', message: 'none', fix: '' }, 503)
  );
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
  const completing = model.complete('inf_1');
  await says('Completing…');
  expect(panel!.node.querySelector('.aibro-Button')).toHaveProperty(
    'disabled',
    true
  );
  confirm();
  await completing;
  await says('COMPLETED');
  expect(asked.filter(request => request.method === 'POST')).toHaveLength(1);
});

it('describes every command', () => {
  const { commands } = open(() => json(status()));
  for (const id of Object.values(CommandIDs)) {
    expect(commands.label(id)).not.toBe('');
    expect(commands.caption(id)).not.toBe('');
  }
});
