/** A deployment without typing: a function of a running notebook, machines with their prices, and the cell that does it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { estimate, IWish, magic } from './estimate';
import { Estimate } from './estimated';
import { MachineField, Suggested } from './fields';
import type { DeploymentsModel } from './model';
import type { Notebooks } from './notebooks';
import { useMachines, useOffer } from './offered';
import type { IMachineView } from './wire';

interface IFormProps {
  model: DeploymentsModel;
  notebooks: Notebooks;
  trans: TranslationBundle;
}

const NOTHING: IWish = {
  function: '',
  name: '',
  sample: '',
  machine: '',
  cooling: '',
  coolDown: '10m',
  clients: [],
  budgetPerDay: ''
};

/** What stands in when nobody names a machine; the backend's own default. */
const DEFAULT_MACHINE = 'c5.large.od';

export function DeployForm(props: IFormProps): JSX.Element {
  const { model, notebooks, trans } = props;
  const open = React.useMemo(() => notebooks.open(), []);
  const [notebook, setNotebook] = React.useState(open[0]?.id ?? '');
  const { offer, trouble, look } = useOffer(notebooks, notebook);
  const machines = useMachines(model);
  const [wish, setWish] = React.useState(NOTHING);
  const [clients, setClients] = React.useState('');
  const [awakeHours, setAwakeHours] = React.useState(4);
  const set = (change: Partial<IWish>): void => setWish({ ...wish, ...change });
  const names = clients.split(/[\s,]+/).filter(Boolean);
  const chosen = wish.function || offer?.functions[0]?.name || '';
  const whole = { ...wish, function: chosen, clients: names };
  const line = magic(whole);
  const source = offer?.loaded ? line : `%load_ext aibro_jupyter\n${line}`;
  const deploy = async (): Promise<void> => {
    await notebooks.run(notebook, source);
    model.deploying = false;
    void model.refresh();
  };
  const found = (id: string): IMachineView | null =>
    machines.find(one => one.machine_id === id) ?? null;
  return (
    <form
      className="aibro-Form"
      aria-label={trans.__('Deploy a function')}
      onSubmit={event => {
        event.preventDefault();
        void deploy();
      }}
    >
      <h3>{trans.__('Deploy a function')}</h3>
      {open.length === 0 && (
        <p role="alert">
          {trans.__(
            'Open a notebook and run the cell with your function first.'
          )}
        </p>
      )}
      <label>
        {trans.__('Notebook')}
        <select
          className="aibro-Input"
          value={notebook}
          onChange={event => setNotebook(event.target.value)}
        >
          {open.map(one => (
            <option key={one.id} value={one.id}>
              {one.path}
            </option>
          ))}
        </select>
      </label>
      <label>
        {trans.__('Function')}
        <select
          className="aibro-Input"
          value={chosen}
          onFocus={look}
          onChange={event => set({ function: event.target.value })}
        >
          {(offer?.functions ?? []).map(one => (
            <option key={one.name} value={one.name}>
              {one.name + one.signature}
            </option>
          ))}
        </select>
      </label>
      {trouble && <p role="alert">{trouble}</p>}
      {offer?.functions.length === 0 && (
        <p role="status">
          {trans.__('No function was defined in this notebook yet.')}
        </p>
      )}
      <Suggested
        id="aibro-samples"
        label={trans.__('Sample to prove it with')}
        placeholder={trans.__('e.g. X[:5]; empty: the last call')}
        value={wish.sample}
        options={(offer?.samples ?? []).map(name => [`${name}[:5]`, name])}
        change={sample => set({ sample })}
      />
      <Suggested
        id="aibro-name"
        label={trans.__('Name of the API')}
        placeholder={chosen}
        value={wish.name}
        options={[]}
        change={name => set({ name })}
      />
      <MachineField
        label={trans.__('Standby: always on, cheap')}
        placeholder={trans.__('the default')}
        value={wish.machine}
        machines={machines}
        change={machine => set({ machine })}
      />
      <MachineField
        label={trans.__('Cooling: strong, asleep until requests come')}
        placeholder={trans.__('none')}
        value={wish.cooling}
        machines={machines}
        change={cooling => set({ cooling })}
      />
      {wish.cooling && (
        <>
          <Suggested
            id="aibro-cool-down"
            label={trans.__('It sleeps after, without a request')}
            placeholder={trans.__('10m')}
            value={wish.coolDown}
            options={[
              ['1m', ''],
              ['10m', ''],
              ['1h', '']
            ]}
            change={coolDown => set({ coolDown })}
          />
          <label>
            {trans.__('Awake %1 h a day', awakeHours)}
            <input
              type="range"
              min={0}
              max={24}
              value={awakeHours}
              onChange={event => setAwakeHours(Number(event.target.value))}
            />
          </label>
        </>
      )}
      <Suggested
        id="aibro-clients"
        label={trans.__('Clients, by name')}
        placeholder={trans.__('empty: public')}
        value={clients}
        options={[]}
        change={setClients}
      />
      <Suggested
        id="aibro-budget"
        label={trans.__('Budget for a day, in dollars')}
        placeholder={trans.__('none')}
        value={wish.budgetPerDay}
        options={[]}
        pattern="[0-9]*\.?[0-9]*"
        change={budgetPerDay => set({ budgetPerDay })}
      />
      <Estimate
        seen={estimate({
          standby: found(wish.machine || DEFAULT_MACHINE),
          cooling: found(wish.cooling),
          awakeHours
        })}
        cooling={Boolean(wish.cooling)}
        trans={trans}
      />
      <p className="aibro-muted">{trans.__('Runs in a new cell:')}</p>
      <pre className="aibro-Log" aria-label={trans.__('The cell')}>
        {source.split(/(?= --)/).map(option => (
          <span key={option} className="aibro-phrase">
            {option}
          </span>
        ))}
      </pre>
      <div className="aibro-Actions">
        <button
          className="aibro-Button aibro-mod-primary"
          disabled={!chosen || !notebook}
        >
          {trans.__('Deploy')}
        </button>
        <button
          type="button"
          className="aibro-Button"
          onClick={() => (model.deploying = false)}
        >
          {trans.__('Cancel')}
        </button>
      </div>
    </form>
  );
}
