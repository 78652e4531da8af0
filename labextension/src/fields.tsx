/** The fields of the form: a text that is searched as one types, with what it means. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { size } from './estimate';
import { hourly } from './figures';
import type { IOffer } from './notebooks';
import { IOption, Kind } from './options';
import type { IMachineView } from './wire';

/** A value, and what is said about it. */
type Suggestion = [string, string];

/** What a notebook and the backend have to choose from. */
export interface IChoices {
  offer: IOffer | null;
  machines: IMachineView[];
}

type Suggesting = (from: IChoices, otherwise: string) => Suggestion[];

const SUGGESTED: Partial<Record<Kind, Suggesting>> = {
  expression: ({ offer }) => (offer?.samples ?? []).map(sample => [sample, '']),
  machine: ({ machines }) =>
    machines.map(one => [one.machine_id, described(one)]),
  seconds: (_, otherwise) =>
    [...new Set(['1m', otherwise, '1h'])].map(time => [time, ''])
};

const PATTERNS: Partial<Record<Kind, string>> = {
  dollars: '[0-9]*\\.?[0-9]*'
};

interface IFieldProps {
  id: string;
  option: IOption;
  value: string;
  /** What stands in for it, where that is better known than the option tells. */
  otherwise?: string;
  choices: IChoices;
  trans: TranslationBundle;
  change: (value: string) => void;
}

export function Field(props: IFieldProps): JSX.Element {
  const { id, option, value, choices, trans } = props;
  const otherwise = props.otherwise || option.otherwise(trans);
  const suggested = SUGGESTED[option.kind]?.(choices, otherwise) ?? [];
  const chosen = suggested.find(([one]) => one === value)?.[1];
  return (
    <div className="aibro-Field">
      <p>
        <label htmlFor={id}>{option.label(trans)}</label>
        {': '}
        <span id={`${id}-help`}>{option.help(trans)}</span>
      </p>
      <input
        id={id}
        className="aibro-Input"
        list={suggested.length > 0 ? `${id}-list` : undefined}
        aria-describedby={`${id}-help`}
        spellCheck={false}
        placeholder={otherwise}
        pattern={PATTERNS[option.kind]}
        value={value}
        onChange={event => props.change(event.target.value)}
      />
      {suggested.length > 0 && (
        <datalist id={`${id}-list`}>
          {suggested.map(([one, text]) => (
            <option key={one} value={one}>
              {text}
            </option>
          ))}
        </datalist>
      )}
      {chosen && <p>{chosen}</p>}
    </div>
  );
}

function described(one: IMachineView): string {
  const costs = one.micros_per_hour;
  return costs === null ? size(one) : `${size(one)} · ${hourly(costs)}`;
}
