/** What a person would type for what the panel does: pure. */
import { OptionName, OPTIONS } from './options';
import type { IVerbs, Verb } from './verbs';

export const LOAD = '%load_ext aibro_jupyter';

/** "aibro up", for a terminal. */
export function command<V extends Verb>(verb: V, ...words: IVerbs[V]): string {
  return ['aibro', verb, ...(words as string[]).map(quoted)].join(' ');
}

/** "%aibro cooling iris off", for a notebook. */
export function line<V extends Verb>(verb: V, ...words: IVerbs[V]): string {
  return `%${command(verb, ...words)}`;
}

/** What a person typed about a deployment. */
export interface IWish {
  function: string;
  typed: Partial<Record<OptionName, string>>;
}

/** Options that mean something only beside another one. */
const BESIDE: Partial<Record<OptionName, OptionName>> = {
  cool_down: 'cooling'
};

/** The options that a form shows, by what was typed so far. */
export function shown(typed: IWish['typed']): OptionName[] {
  const names = Object.keys(OPTIONS) as OptionName[];
  return names.filter(name => {
    const other = BESIDE[name];
    return !other || typed[other]?.trim();
  });
}

/** The line that deploys it: what the panel runs is what a person could have typed. */
export function magic(wish: IWish): string {
  const options = shown(wish.typed).flatMap(name => {
    const { flag, kind, many } = OPTIONS[name];
    const text = wish.typed[name]?.trim() ?? '';
    const values = many ? text.split(/[\s,]+/).filter(Boolean) : [text];
    const said = kind === 'name' && text === wish.function ? '' : text;
    return said ? [flag, ...values.map(quoted)] : [];
  });
  return [line('deploy', wish.function), ...options].join(' ');
}

function quoted(value: string): string {
  if (/^[\w.,:/+-]+$/.test(value)) {
    return value;
  }
  return /["\\]/.test(value)
    ? `'${value.replaceAll("'", `'"'"'`)}'`
    : `"${value}"`;
}
