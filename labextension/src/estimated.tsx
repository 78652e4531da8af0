/** What a month of the chosen machines would cost, below the form. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { IEstimate } from './estimate';
import { monthly } from './figures';

export function Estimate(props: {
  seen: IEstimate | null;
  cooling: boolean;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { seen, cooling, trans } = props;
  if (seen === null) {
    return null;
  }
  return (
    <div className="aibro-Estimate" role="status">
      <strong>{trans.__('%1 on AWS', monthly(seen.total))}</strong>
      <span className="aibro-muted">{trans.__('this computer: $0.00')}</span>
      {cooling && (
        <span className="aibro-muted">
          {trans.__(
            'standby %1 + cooling %2; always on it would be %3',
            monthly(seen.standby),
            monthly(seen.cooling),
            monthly(seen.alwaysOn)
          )}
        </span>
      )}
    </div>
  );
}
