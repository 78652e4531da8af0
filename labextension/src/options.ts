/** The options of `%aibro deploy` that a form shows. Written by tools/generate.py from their labels in Python. */
import type { TranslationBundle } from '@jupyterlab/translation';

/** A text in the reader's language. */
export type Said = (trans: TranslationBundle) => string;

/** The kinds of values, as aibro_jupyter/client/kinds.py calls them. */
export type Kind =
  | 'address'
  | 'clients'
  | 'count'
  | 'dollars'
  | 'expression'
  | 'flag'
  | 'function'
  | 'ids'
  | 'job'
  | 'labels'
  | 'lapse'
  | 'machine'
  | 'moment'
  | 'name'
  | 'origins'
  | 'rate'
  | 'seconds'
  | 'secrets'
  | 'slots'
  | 'span'
  | 'text'
  | 'verb';

export type OptionName =
  | 'sample'
  | 'name'
  | 'machine'
  | 'cooling'
  | 'cool_down'
  | 'mint'
  | 'budget_per_day';

export interface IOption {
  flag: string;
  kind: Kind;
  /** It takes several, with spaces between them. */
  many: boolean;
  label: Said;
  /** What it means. */
  help: Said;
  /** What stands in for it. */
  otherwise: Said;
}

/** In the order of the form. */
export const OPTIONS: Record<OptionName, IOption> = {
  sample: {
    flag: '--sample',
    kind: 'expression',
    many: false,
    label: trans => trans.__('Sample'),
    help: trans => trans.__('an input to prove it with, such as X[:5]'),
    otherwise: trans => trans.__("the function's last call")
  },
  name: {
    flag: '--name',
    kind: 'name',
    many: false,
    label: trans => trans.__('Name'),
    help: trans => trans.__("the API's name, part of its URL"),
    otherwise: trans => trans.__("the function's")
  },
  machine: {
    flag: '--machine',
    kind: 'machine',
    many: false,
    label: trans => trans.__('Standby'),
    help: trans => trans.__('id of the standby machine: always on, cheap'),
    otherwise: trans => trans.__('c5.large.od')
  },
  cooling: {
    flag: '--cooling',
    kind: 'machine',
    many: false,
    label: trans => trans.__('Cooling'),
    help: trans =>
      trans.__('id of the cooling machine: strong, asleep until requests come'),
    otherwise: trans => trans.__('none')
  },
  cool_down: {
    flag: '--cool-down',
    kind: 'seconds',
    many: false,
    label: trans => trans.__('Sleeps after'),
    help: trans => trans.__('cooling sleeps after this long without a request'),
    otherwise: trans => trans.__('10m')
  },
  mint: {
    flag: '--mint',
    kind: 'labels',
    many: true,
    label: trans => trans.__('Clients'),
    help: trans =>
      trans.__(
        'who may call, by name: each gets a client id that nobody can guess, made once'
      ),
    otherwise: trans => trans.__('anyone')
  },
  budget_per_day: {
    flag: '--budget-per-day',
    kind: 'dollars',
    many: false,
    label: trans => trans.__('Budget a day, in dollars'),
    help: trans =>
      trans.__('beyond it cooling is off until midnight UTC; standby stays'),
    otherwise: trans => trans.__('none')
  }
};

/** What stands in when nobody names a machine. */
export const DEFAULT_MACHINE = 'c5.large.od';
