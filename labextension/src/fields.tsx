/** The fields of the form: a text that is searched as one types, a machine with its price. */
import * as React from 'react';
import { size } from './estimate';
import { hourly } from './figures';
import type { IMachineView } from './wire';

interface ISuggestedProps {
  id: string;
  label: string;
  placeholder: string;
  value: string;
  options: [string, string][];
  pattern?: string;
  change: (value: string) => void;
}

/** A text field that is searched as one types. */
export function Suggested(props: ISuggestedProps): JSX.Element {
  const { id, label, options, change, ...field } = props;
  return (
    <label>
      {label}
      <input
        className="aibro-Input"
        list={options.length > 0 ? id : undefined}
        spellCheck={false}
        {...field}
        onChange={event => change(event.target.value)}
      />
      {options.length > 0 && (
        <datalist id={id}>
          {options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </datalist>
      )}
    </label>
  );
}

export function MachineField(props: {
  label: string;
  placeholder: string;
  value: string;
  machines: IMachineView[];
  change: (value: string) => void;
}): JSX.Element {
  const { machines, value } = props;
  const found = machines.find(one => one.machine_id === value);
  const options = machines.map((one): [string, string] => [
    one.machine_id,
    described(one)
  ]);
  return (
    <>
      <Suggested
        id={`aibro-${props.label.slice(0, 7)}`}
        {...props}
        options={options}
      />
      {found && <p className="aibro-muted">{described(found)}</p>}
    </>
  );
}

function described(one: IMachineView): string {
  const costs = one.micros_per_hour;
  return costs === null ? size(one) : `${size(one)} · ${hourly(costs)}`;
}
