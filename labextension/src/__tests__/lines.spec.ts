import { expect, it } from 'vitest';
import { command, line, magic, shown } from '../lines';
import { OptionName, OPTIONS } from '../options';

const NAMES = Object.keys(OPTIONS) as OptionName[];

it('writes the line that a person would type', () => {
  expect(magic({ function: 'predict', typed: {} })).toBe(
    '%aibro deploy predict'
  );
  expect(
    magic({
      function: 'predict',
      typed: {
        name: 'iris',
        sample: 'X[["a", "b"]][:5]',
        machine: 'c5.large.od',
        cooling: 'g4dn.4xlarge.od',
        cool_down: '10m',
        mint: 'ana, bob',
        budget_per_day: '5'
      }
    })
  ).toBe(
    `%aibro deploy predict --sample 'X[["a", "b"]][:5]' --name iris --machine c5.large.od ` +
      '--cooling g4dn.4xlarge.od --cool-down 10m --mint ana bob --budget-per-day 5'
  );
});

it('writes every option that the form shows, with its flag', () => {
  const typed = Object.fromEntries(NAMES.map(name => [name, `its-${name}`]));
  const written = magic({ function: 'predict', typed });
  for (const name of NAMES) {
    expect(written).toContain(` ${OPTIONS[name].flag} its-${name}`);
  }
});

it('says nothing that the function says itself', () => {
  const typed = { name: 'predict', sample: '  ' };
  expect(magic({ function: 'predict', typed })).toBe('%aibro deploy predict');
});

it('speaks of the cool-down only beside a cooling machine', () => {
  expect(shown({})).toEqual(NAMES.filter(name => name !== 'cool_down'));
  expect(shown({ cooling: 'g4dn.xlarge.od' })).toEqual(NAMES);
  const typed = { cool_down: '1m' };
  expect(magic({ function: 'predict', typed })).toBe('%aibro deploy predict');
});

it('quotes as a shell reads it', () => {
  const said = (sample: string): string =>
    magic({ function: 'f', typed: { sample } });
  expect(said('X[:5]')).toBe('%aibro deploy f --sample "X[:5]"');
  expect(said(`d["it's"]`)).toBe(`%aibro deploy f --sample 'd["it'"'"'s"]'`);
});

it('has the words of a verb in its order', () => {
  expect(line('drill', 'spot', 'iris')).toBe('%aibro drill spot iris');
  expect(line('cooling', 'iris', 'off')).toBe('%aibro cooling iris off');
  expect(command('up')).toBe('aibro up');
});
