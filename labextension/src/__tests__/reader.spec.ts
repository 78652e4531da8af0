import { expect, it } from 'vitest';
import { ApiError } from '../errors';
import { read, readIf, readList } from '../reader';
import { instance, job, status } from './fake';

it('lets through what is of its kind, and what is new in it', () => {
  const came = { ...status(job()), news: 1 };
  expect(read('StatusView', came)).toBe(came);
  expect(readList('JobView', [job()])).toHaveLength(1);
});

it.each([
  [status(job({ status: 'PAUSED' as never })), 'StatusView.jobs.0.status'],
  [
    status(job({ instances: [instance({ phase: 'ASLEEP' as never })] })),
    'StatusView.jobs.0.instances.0.phase'
  ],
  [{ ...status(), jobs: null }, 'StatusView.jobs'],
  [{ ...status(), as_of: '7' }, 'StatusView.as_of'],
  [{ ...status(), reach: undefined }, 'StatusView.reach'],
  [[], 'StatusView'],
  [null, 'StatusView']
])('says where an answer is not of its kind %#', (came, where) => {
  try {
    read('StatusView', came);
    expect.unreachable();
  } catch (error) {
    expect((error as ApiError).code).toBe(ApiError.VERSION_SKEW);
    expect((error as ApiError).message).toContain(`: ${where}`);
    expect((error as ApiError).message.endsWith(where)).toBe(true);
  }
});

it('knows values of an object without names', () => {
  const one = job();
  one.versions[0].spec.note = { function: 7 } as never;
  expect(readIf('JobView', one)).toBeNull();
});

it('tells an error of ours from another', () => {
  const ours = { error: { code: 'name-taken', message: 'm' } };
  expect(readIf('Refusal', ours)).toBe(ours);
  expect(readIf('Refusal', { message: 'Forbidden' })).toBeNull();
  expect(
    readIf('Refusal', { error: { code: 'x', message: 'm', fix: 7 } })
  ).toBeNull();
});
