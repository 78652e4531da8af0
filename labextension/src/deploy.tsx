/** A deployment without typing: a function of a running notebook, machines with their prices, and the cell that does it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { estimate } from './estimate';
import { Estimate } from './estimated';
import { Field } from './fields';
import { IWish, LOAD, magic, shown } from './lines';
import type { DeploymentsModel } from './model';
import type { Notebooks } from './notebooks';
import { useMachines, useOffer } from './offered';
import { DEFAULT_MACHINE, OPTIONS } from './options';
import type { IMachineView } from './wire';

interface IFormProps {
  model: DeploymentsModel;
  notebooks: Notebooks;
  trans: TranslationBundle;
}

export function DeployForm(props: IFormProps): JSX.Element {
  const { model, notebooks, trans } = props;
  const open = React.useMemo(() => notebooks.open(), []);
  const [notebook, setNotebook] = React.useState(open[0]?.id ?? '');
  const { offer, trouble, look } = useOffer(notebooks, notebook);
  const machines = useMachines(model);
  const [wanted, setWanted] = React.useState('');
  const [typed, setTyped] = React.useState<IWish['typed']>({});
  const [awakeHours, setAwakeHours] = React.useState(4);
  const chosen = wanted || offer?.functions[0]?.name || '';
  const line = magic({ function: chosen, typed });
  const source = offer?.loaded ? line : `${LOAD}\n${line}`;
  const deploy = async (): Promise<void> => {
    await notebooks.run(notebook, source);
    model.deploying = false;
    void model.refresh();
  };
  const found = (id = ''): IMachineView | null =>
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
          onChange={event => setWanted(event.target.value)}
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
      {shown(typed).map(name => (
        <Field
          key={name}
          id={`aibro-${name}`}
          option={OPTIONS[name]}
          value={typed[name] ?? ''}
          otherwise={name === 'name' ? chosen : undefined}
          choices={{ offer, machines }}
          trans={trans}
          change={text => setTyped({ ...typed, [name]: text })}
        />
      ))}
      {typed.cooling && (
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
      )}
      <Estimate
        seen={estimate({
          standby: found(typed.machine || DEFAULT_MACHINE),
          cooling: found(typed.cooling),
          awakeHours
        })}
        cooling={Boolean(typed.cooling)}
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
