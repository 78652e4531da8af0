/** What stands in the panel in place of cards: why there are none, and what to do about it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { CopyButton, toClipboard } from './copy';
import { command, line, LOAD } from './lines';
import type { IStatusView } from './wire';

/** No job is there: how to deploy the first one. */
export function Empty(props: {
  title: string;
  deploy: () => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { title, deploy, trans } = props;
  return (
    <section className="aibro-Message">
      <h3>{title}</h3>
      <p>{trans.__('In a notebook that has a predict function, run')}</p>
      <Command code={`${LOAD}\n${line('deploy', 'predict')}`} trans={trans} />
      <p>
        {trans.__(
          'It becomes an HTTP API on this computer: no account, no Docker, $0.00. It goes on answering after the kernel stops.'
        )}
      </p>
      <button className="aibro-Button" onClick={deploy}>
        {trans.__('Deploy a function…')}
      </button>
    </section>
  );
}

/** Something is in the way: what, and what to run. */
export function Trouble(props: {
  title: string;
  text: string;
  code?: string;
  trans: TranslationBundle;
}): JSX.Element {
  return (
    <section className="aibro-Message aibro-mod-trouble" role="alert">
      <h3>{props.title}</h3>
      {props.text && <p>{props.text}</p>}
      {props.code && <Command code={props.code} trans={props.trans} />}
    </section>
  );
}

/** What a person should know of the backend as a whole, while its jobs go on. */
export function Notices(props: {
  status: IStatusView;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { status, trans } = props;
  const strangers = status.unknown.map(one => one.instance_id);
  const said = [...status.warnings];
  if (strangers.length > 0) {
    said.push(
      trans._n(
        'The database does not know an instance that is there (%2). It is left alone: "%3" shows and ends it.',
        'The database does not know %1 instances that are there (%2). They are left alone: "%3" shows and ends them.',
        strangers.length,
        strangers.join(', '),
        command('unknown')
      )
    );
  }
  return said.length === 0 ? null : (
    <ul className="aibro-Warnings" role="status">
      {said.map(text => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}

function Command(props: {
  code: string;
  trans: TranslationBundle;
}): JSX.Element {
  const { code, trans } = props;
  return (
    <div className="aibro-Command">
      <pre>{code}</pre>
      <CopyButton
        label={trans.__('Copy')}
        done={trans.__('Copied')}
        copy={async () => {
          await toClipboard(code);
          return true;
        }}
      />
    </div>
  );
}
