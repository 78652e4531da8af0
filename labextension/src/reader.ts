/** The one door for what comes over the wire: it is of its kind, or an error says where it is not. */
import { ApiError } from './errors';
import { SHAPES, WORDS } from './shapes';
import type { IKinds } from './wire';

/** What came, as the kind that it was asked for; throws an ApiError if the two sides do not speak the same. */
export function read<K extends keyof IKinds>(
  kind: K,
  came: unknown
): IKinds[K] {
  return checked(kind, came) as IKinds[K];
}

/** The same for a list. */
export function readList<K extends keyof IKinds>(
  kind: K,
  came: unknown
): IKinds[K][] {
  return checked(`${kind}[]`, came) as IKinds[K][];
}

/** The same for what may be something else altogether; null: it is. */
export function readIf<K extends keyof IKinds>(
  kind: K,
  came: unknown
): IKinds[K] | null {
  return oddity(kind, came, kind) === null ? (came as IKinds[K]) : null;
}

function checked(shape: string, came: unknown): unknown {
  const odd = oddity(shape, came, shape);
  if (odd !== null) {
    throw new ApiError(
      ApiError.VERSION_SKEW,
      `The backend answered what this sidebar does not know: ${odd}`,
      'Install the same version of aibro_jupyter on both sides.'
    );
  }
  return came;
}

/** Where a value is not of its shape; null: nowhere. */
function oddity(shape: string, value: unknown, at: string): string | null {
  const odd = shape.split('|').map(one => oddityOf(one, value, at));
  return odd.includes(null) ? null : odd[0];
}

function oddityOf(shape: string, value: unknown, at: string): string | null {
  if (shape === 'unknown') {
    return null;
  }
  if (shape.endsWith('[]')) {
    return Array.isArray(value)
      ? first(value.entries(), shape.slice(0, -2), at)
      : at;
  }
  if (shape.endsWith('{}')) {
    return isRecord(value)
      ? first(Object.entries(value), shape.slice(0, -2), at)
      : at;
  }
  if (shape in WORDS) {
    return WORDS[shape].includes(value as string) ? null : at;
  }
  if (shape in SHAPES) {
    return isRecord(value) ? oddField(SHAPES[shape], value, at) : at;
  }
  return (value === null ? 'null' : typeof value) === shape ? null : at;
}

function oddField(
  fields: Record<string, string>,
  value: Record<string, unknown>,
  at: string
): string | null {
  for (const [name, shape] of Object.entries(fields)) {
    const odd = oddity(shape, value[name], `${at}.${name}`);
    if (odd !== null) {
      return odd;
    }
  }
  return null;
}

function first(
  entries: Iterable<[number | string, unknown]>,
  shape: string,
  at: string
): string | null {
  for (const [key, value] of entries) {
    const odd = oddity(shape, value, `${at}.${key}`);
    if (odd !== null) {
      return odd;
    }
  }
  return null;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
